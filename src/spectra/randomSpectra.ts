/**
 * What is measured of an ensemble of random matrices: how their normalised singular values shrink with size, and
 * what Newton-Schulz leaves of them. Written as `random.json` and printed by `random --json`.
 */
import type { EntryDistribution } from '../linalg/matrix.ts';

/** All sizes of one ensemble. */
export interface RandomSpectra {
  readonly schema: 'muonscope.random/1';
  readonly entries: EntryDistribution;
  readonly seed: number;
  /** Larger over smaller dimension, as asked for. */
  readonly aspect: number;
  /** A direction is left behind if its output after NS is below `level`; a width is bad if more than `share` are. */
  readonly level: number;
  readonly share: number;
  /** Ascending. Sizes that no matrix was drawn of, for want of time, are left out. */
  readonly sizes: readonly RandomSize[];
  /** Slope of ln(median) against ln(smaller dimension); null with fewer than two sizes. */
  readonly exponent: number | null;
  readonly r2: number | null;
  /** One for each quantile whose values are positive; empty with fewer than two sizes. */
  readonly exponents: readonly QuantileExponent[];
  /** The same of the smallest singular value; null with fewer than two sizes or where it is 0. */
  readonly smallestExponent: SizeExponent | null;
  readonly widths: readonly ScheduleWidth[];
  /** Of the smallest and the largest size, before NS and after each schedule asked for. */
  readonly histograms: readonly RandomHistogram[];
  /** Whether every matrix asked for was drawn. */
  readonly complete: boolean;
  readonly warnings: readonly string[];
}

/** The matrices of one shape; sigma are singular values of X / ||X||_F, values are means over matrices. */
export interface RandomSize {
  /** The smaller dimension r. */
  readonly rows: number;
  readonly columns: number;
  readonly matrices: number;
  readonly quantiles: readonly number[];
  /** sigma[ceil(q r) - 1] of the descending spectrum. */
  readonly values: readonly number[];
  /** Standard errors of `values`; null with a single matrix. */
  readonly standardErrors: readonly number[] | null;
  /** Marchenko-Pastur at q: the limit for large r. */
  readonly marchenkoPastur: readonly number[];
  /** Marchenko-Pastur at (ceil(q r) - 1/2) / r, the middle of the share that this value stands for at this r. */
  readonly expected: readonly number[];
  /** The smallest sigma. */
  readonly smallest: number;
  readonly afterNs: readonly RandomOutput[];
}

/** What one schedule makes of the matrices of one shape. */
export interface RandomOutput {
  readonly schedule: string;
  /** Quantiles of the outputs, sorted descending. */
  readonly values: readonly number[];
  /** Share of directions whose output is below the level. */
  readonly below: number;
  /** The same by Marchenko-Pastur. */
  readonly expectedBelow: number;
}

/** Slope of ln(value) against ln(smaller dimension) by least squares. */
export interface SizeExponent {
  readonly exponent: number;
  /** 95 % interval by Student's t over the sizes; null with two sizes. */
  readonly low: number | null;
  readonly high: number | null;
  readonly r2: number;
}

export interface QuantileExponent extends SizeExponent {
  readonly quantile: number;
  /** The slope of `expected`: departs from -0.5 only where (1 - q) r is a few values. */
  readonly expected: number;
}

/** From which smaller dimension on a schedule leaves too much behind. */
export interface ScheduleWidth {
  readonly schedule: string;
  /** Smallest sigma whose output reaches the level; null if none does. */
  readonly threshold: number | null;
  /** By Marchenko-Pastur and the exact response; 2 if every width does, null if none up to 1e12 does. */
  readonly width: number | null;
  /** Matrices drawn at that width; null where it is below 16, above the largest size or too small for sparse entries, or time ran out. */
  readonly verified: VerifiedWidth | null;
}

/** The share left behind that was measured, with the 95 % interval of its mean over matrices. */
export interface VerifiedWidth {
  readonly rows: number;
  readonly columns: number;
  readonly matrices: number;
  readonly below: number;
  readonly low: number;
  readonly high: number;
}

/** Shares of all singular values, or outputs, of one shape. */
export interface RandomHistogram {
  readonly rows: number;
  readonly columns: number;
  /** null: before NS. */
  readonly schedule: string | null;
  /** One more than bins. Before NS they are equal in ln(sigma), after it in output. */
  readonly edges: readonly number[];
  readonly shares: readonly number[];
  /** By Marchenko-Pastur and the exact response. */
  readonly expected: readonly number[];
}
