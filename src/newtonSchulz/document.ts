/** The JSON of `muonscope ns`: what a schedule does and costs, for any list of schedules. */
import { type CostRecord, products } from './cost.ts';
import type { Range } from './oddPolynomial.ts';
import type { PrecisionOutput } from './precisionModel.ts';
import { arrivedRange, composeSlope, type Thresholds, thresholds } from './response.ts';
import type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from './schedule.ts';
import type { DesignObjective } from './spectrumObjective.ts';

/** One schedule of {@link NsDocument}; its numbers are those of exact arithmetic. */
export interface NsScheduleRecord {
  readonly name: string;
  readonly source: string;
  /** What has been applied to the numbers of the source; "nothing" where they are as printed. */
  readonly foldedIn?: string;
  readonly coefficients: readonly NsCoefficients[];
  readonly entry: NsEntry;
  readonly products: number;
  readonly slopeAtZero: number;
  /** Smallest singular value whose output reaches the key; null if none does. */
  readonly thresholds: Thresholds;
  /** Smallest and largest output from the 0.9 threshold up to 1; null if none reaches 0.9. */
  readonly range: Range | null;
  /** What a precision leaves of a spectrum; where one was asked for. */
  readonly rounded?: RoundedRecord;
  /** What a schedule was designed for; where it was. */
  readonly design?: DesignRecord;
  /** The interval it was designed for; where it was. */
  readonly interval?: IntervalRecord;
  /** What it costs on a shape; where one was asked for. */
  readonly cost?: CostRecord;
}

/** Predicted outputs on a spectrum in low precision; see precisionModel.ts. */
export interface RoundedRecord {
  readonly precision: NsPrecision;
  /** Where the spectrum comes from. */
  readonly spectrum: string;
  readonly outputs: readonly (PrecisionOutput & { readonly quantile: number })[];
}

/** The aim of a design and how far it got; see designForSpectrum.ts. */
export interface DesignRecord {
  readonly objective: DesignObjective;
  readonly quantile: number;
  readonly precision: NsPrecision;
  readonly spectrum: string;
  readonly value: number;
  /** Smallest and largest output over the singular values from the quantile's up to 1.01. */
  readonly above: Range;
  /** Largest output on [0, 1.01], at most `bound`. */
  readonly highest: number;
  readonly bound: number;
  /** Best published schedule of as many products; null if there is none. */
  readonly rival: RivalRecord | null;
}

/** What a design is compared with. */
export interface RivalRecord {
  readonly name: string;
  readonly value: number;
  /** How many times better the design is: the ratio of the values, above 1; null if its distance is 0. */
  readonly margin: number | null;
  /** Its outputs at the quantiles of `rounded.outputs`, in the same precision. */
  readonly outputs: readonly number[];
}

/** The aim of a minimax composition and what it guarantees. */
export interface IntervalRecord {
  readonly lower: number;
  /** Smallest and largest output over [lower, 1]. */
  readonly outputs: Range;
  readonly cushion: number;
  readonly safety: number;
  readonly safetyFoldedInto: 'interval' | 'coefficients';
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

/** The record of one schedule, without the optional parts. */
export function recordOf(schedule: NsSchedule): NsScheduleRecord {
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
