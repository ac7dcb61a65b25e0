/** The JSON of `muonscope ns show`: what a schedule does and costs, for any list of schedules. */
import { products } from './cost.ts';
import type { Range } from './oddPolynomial.ts';
import { arrivedRange, composeSlope, type Thresholds, thresholds } from './response.ts';
import type { NsCoefficients, NsEntry, NsSchedule } from './schedule.ts';

/** One schedule of {@link NsDocument}; its numbers are those of exact arithmetic. */
export interface NsScheduleRecord {
  readonly name: string;
  readonly source: string;
  readonly coefficients: readonly NsCoefficients[];
  readonly entry: NsEntry;
  readonly products: number;
  readonly slopeAtZero: number;
  /** Smallest singular value whose output reaches the key; null if none does. */
  readonly thresholds: Thresholds;
  /** Smallest and largest output from the 0.9 threshold up to 1; null if none reaches 0.9. */
  readonly range: Range | null;
}

/** `ns --json`. */
export interface NsDocument {
  readonly schema: 'muonscope.ns/1';
  readonly schedules: readonly NsScheduleRecord[];
}

/** The document of `schedules`, in their order. */
export function nsDocument(schedules: readonly NsSchedule[]): NsDocument {
  return { schema: 'muonscope.ns/1', schedules: schedules.map(recordOf) };
}

function recordOf(schedule: NsSchedule): NsScheduleRecord {
  return {
    name: schedule.name,
    source: schedule.source,
    coefficients: schedule.coefficients,
    entry: schedule.entry,
    products: products(schedule),
    slopeAtZero: composeSlope(schedule),
    thresholds: thresholds(schedule),
    range: arrivedRange(schedule),
  };
}
