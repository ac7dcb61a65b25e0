/** Laws at a size, as a spectrum that schedules can be designed for and judged on. */
import { UsageError } from '../base/errors.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import { forecast } from '../scaling/forecast.ts';
import type { Law, LawsDocument } from '../scaling/law.ts';
import { modelShapeAt, shapeOfRole } from './modelShape.ts';

/** Which row of the laws, at which size. */
export interface SpectrumRequest {
  readonly role: string;
  /** One of the depths the laws were fitted at. */
  readonly depth: number;
  readonly params: number;
}

/**
 * The forecast singular values of one role at one depth, all quantiles the laws have.
 *
 * Each quantile has its own law; where two cross far from the ladder, the deeper quantile is lowered to the other.
 *
 * @throws UsageError for a role or depth that the laws do not have, with those they have
 * @example forecastSpectrum(publishedLaws(), { role: 'attn.o', depth: 1, params: 300e9 }).values[2] // 5.56e-5
 */
export function forecastSpectrum(document: LawsDocument, request: SpectrumRequest): QuantileSpectrum {
  const shape = (): readonly [number, number] =>
    shapeOfRole(request.role, modelShapeAt(document.ladder, request.params).width);
  return spectrumOfShape(document.laws, request, shape);
}

/** {@link forecastSpectrum} of a matrix whose shape is known. @throws UsageError likewise */
export function spectrumOfShape(
  laws: readonly Law[],
  { role, depth, params }: SpectrumRequest,
  shape: () => readonly [number, number],
): QuantileSpectrum {
  const ofRole = laws.filter((law) => law.role === role);
  if (ofRole.length === 0)
    throw new UsageError(`laws: no role "${role}"; there are ${listed(laws, (law) => law.role)}`);
  const rows = ofRole.filter((law) => law.depth === depth).sort((a, b) => a.quantile - b.quantile);
  if (rows.length === 0)
    throw new UsageError(
      `laws: ${role} has no depth ${depth}; there are ${listed(ofRole, (law) => String(law.depth))}`,
    );
  const values: number[] = [];
  for (const law of rows) values.push(Math.min(1, forecast(law, params).value, values.at(-1) ?? 1));
  const [m, n] = shape();
  return { quantiles: rows.map((law) => law.quantile), values, rows: m, columns: n };
}

function listed<T>(items: readonly T[], name: (item: T) => string): string {
  return [...new Set(items.map(name))].join(', ');
}
