/** Coefficients for an interval or a spectrum, as a document. */
import { UsageError } from '../base/errors.ts';
import { significant } from '../base/numbers.ts';
import { bestPublished } from '../newtonSchulz/bestPublished.ts';
import { designComposition, POLAR_EXPRESS_CUSHION, type StepKind } from '../newtonSchulz/design.ts';
import { designForSpectrum, type SpectrumDesignOptions } from '../newtonSchulz/designForSpectrum.ts';
import { type NsDocument, type NsScheduleRecord, nsDocument, recordOf } from '../newtonSchulz/document.ts';
import { precisionModel } from '../newtonSchulz/precisionModel.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { NsPrecision, NsSchedule } from '../newtonSchulz/schedule.ts';
import { designTarget } from '../newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../planner/forecastSpectrum.ts';
import { lawsToPlanWith } from './laws.ts';
import { readSpectrumFile } from './spectrumFile.ts';

export type { DesignRecord, RoundedRecord } from '../newtonSchulz/document.ts';
export type { DesignObjective } from '../newtonSchulz/spectrumObjective.ts';

/** Where a spectrum comes from: a file, or laws at a size. */
export type SpectrumSource =
  | { readonly file: string }
  | { readonly laws: string; readonly role: string; readonly depth: number; readonly params: number };

/** A spectrum and what to call it. */
export interface NamedSpectrum {
  readonly spectrum: QuantileSpectrum;
  readonly name: string;
}

/**
 * @throws FormatError for a file that holds no spectrum
 * @throws UsageError for a role or depth that the laws do not have
 */
export function spectrumFrom(source: SpectrumSource): NamedSpectrum {
  if ('file' in source) return { spectrum: readSpectrumFile(source.file), name: source.file };
  const { laws, role, depth, params } = source;
  return {
    spectrum: forecastSpectrum(lawsToPlanWith(laws), { role, depth, params }),
    name: `${role} at depth ${depth}, ${significant(params)} parameters (laws: ${laws})`,
  };
}

/** The schedule designed for a spectrum, what it is worth, and the best published one of the same cost. */
export function designOnSpectrum(
  source: SpectrumSource,
  products: number,
  options: Required<SpectrumDesignOptions>,
): NsDocument {
  const { spectrum, name } = spectrumFrom(source);
  const { objective, quantile, precision } = options;
  const { schedule, value, above, highest, bound } = designForSpectrum(spectrum, products, options);
  const rival = bestPublished(designTarget(spectrum, schedule, { objective, quantile, precision }), products);
  const record: NsScheduleRecord = {
    ...recordOf(schedule),
    rounded: roundedOn(schedule, { spectrum, name }, precision),
    design: {
      objective,
      quantile,
      precision,
      spectrum: name,
      value,
      above,
      highest,
      bound,
      rival: rival && { name: rival.schedule.name, value: rival.value },
    },
  };
  return { schema: 'muonscope.ns/1', schedules: [record] };
}

/**
 * The minimax composition of arXiv:2505.16932 for [lower, 1]: quintics, and cubics where products are left over. For
 * bf16 and fp16 with the cushion and the safety of that paper, which leave room for rounding.
 *
 * @throws UsageError for fewer than two products
 */
export function designOnInterval(lower: number, products: number, precision: NsPrecision): NsDocument {
  const coarse = precision === 'bf16' || precision === 'fp16';
  const room = coarse ? { cushion: POLAR_EXPRESS_CUSHION, safety: 1.01 } : {};
  return nsDocument([{ ...designComposition(lower, stepsOf(products), room), precision }]);
}

/** What a precision leaves of a spectrum at its quantiles. */
export function roundedOn(
  schedule: NsSchedule,
  { spectrum, name }: NamedSpectrum,
  precision: NsPrecision,
): NonNullable<NsScheduleRecord['rounded']> {
  const quantiles = spectrum.quantiles.length <= SHOWN.length ? spectrum.quantiles : SHOWN;
  const outputs = precisionModel(spectrum, precision).outputs(schedule, quantiles);
  return {
    precision,
    spectrum: name,
    outputs: outputs.map((at, i) => ({ quantile: quantiles[i]!, ...at })),
  };
}

/** Quantiles of a spectrum that lists every direction. */
const SHOWN: readonly number[] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];

/** 15 -> five quintics; 14 -> four and a cubic; 16 -> four and two cubics. */
function stepsOf(products: number): readonly StepKind[] {
  if (!Number.isInteger(products) || products < 2)
    throw new UsageError(`ns design: --products must be at least 2, got ${products}; a cubic step takes two`);
  const cubics = [0, 2, 1][products % 3]!;
  const quintics = (products - 2 * cubics) / 3;
  return [...Array<StepKind>(quintics).fill('quintic'), ...Array<StepKind>(cubics).fill('cubic')];
}
