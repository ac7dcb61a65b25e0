/** Designed against published schedules, on every row of the laws. */
import type { SpectrumDesignOptions } from '../newtonSchulz/designForSpectrum.ts';
import type { NsDocument, NsScheduleRecord } from '../newtonSchulz/document.ts';
import type { DesignObjective } from '../newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../planner/forecastSpectrum.ts';
import { designRecord } from './designSchedule.ts';
import { savedLaws } from './studyLaws.ts';

/** What {@link compareDesigns} goes through. */
export interface CompareRequest extends Required<Omit<SpectrumDesignOptions, 'objective'>> {
  readonly laws: string;
  readonly params: number;
  readonly products: readonly number[];
  readonly objectives: readonly DesignObjective[];
}

/** Designs of one number of products and one objective, a row of the laws each. */
export interface ComparedDesigns {
  readonly products: number;
  readonly objective: DesignObjective;
  readonly rows: readonly { readonly role: string; readonly depth: number; readonly record: NsScheduleRecord }[];
}

/**
 * A design for every role and depth of the laws, number of products and objective, beside its rival.
 *
 * @param told called before each design
 */
export function compareDesigns(
  { laws, params, products, objectives, ...options }: CompareRequest,
  told: (done: number, total: number) => void = () => {},
): readonly ComparedDesigns[] {
  const document = savedLaws(laws);
  const cells = document.pooled;
  const total = products.length * objectives.length * cells.length;
  let done = 0;
  return products.flatMap((count) =>
    objectives.map((objective) => ({
      products: count,
      objective,
      rows: cells.map(({ role, depth }) => {
        told(done++, total);
        const spectrum = forecastSpectrum(document, { role, depth, params });
        const name = `${role} at depth ${depth}`;
        return { role, depth, record: designRecord({ spectrum, name }, count, { objective, ...options }) };
      }),
    })),
  );
}

/** All records of a comparison as one document. */
export function comparisonDocument(compared: readonly ComparedDesigns[]): NsDocument {
  return { schema: 'muonscope.ns/1', schedules: compared.flatMap(({ rows }) => rows.map(({ record }) => record)) };
}

/** Smallest, median and largest margin over the rows that have a rival; null if none has. */
export function marginRange({ rows }: ComparedDesigns): readonly [least: number, median: number, most: number] | null {
  const margins = rows
    .flatMap(({ record }) => (record.design?.rival ? [record.design.rival.margin ?? Number.POSITIVE_INFINITY] : []))
    .sort((a, b) => a - b);
  if (margins.length === 0) return null;
  const at = (rank: number): number => margins[rank]!;
  const [left, right] = [at((margins.length - 1) >> 1), at(margins.length >> 1)];
  return [at(0), left === right ? left : (left + right) / 2, at(margins.length - 1)];
}
