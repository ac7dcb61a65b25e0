/** The JSON of `muonscope ns`: what a schedule does and costs, for any list of schedules. */
import { products } from './cost.ts';
import type { Range } from './oddPolynomial.ts';
import type { PrecisionOutput } from './precisionModel.ts';
import { arrivedRange, composeSlope, type Thresholds, thresholds } from './response.ts';
import type { NsCoefficients, NsEntry, NsPrecision, NsSchedule } from './schedule.ts';
import type { DesignObjective } from './spectrumObjective.ts';

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
  /** What a precision leaves of a spectrum; where one was asked for. */
  readonly rounded?: RoundedRecord;
  /** What a schedule was designed for; where it was. */
  readonly design?: DesignRecord;
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
  readonly rival: { readonly name: string; readonly value: number } | null;
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
