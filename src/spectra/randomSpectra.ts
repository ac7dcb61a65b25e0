/**
 * What is measured of an ensemble of random matrices: how their normalised singular values shrink with size, and
 * what Newton-Schulz leaves of them. Written as `random.json` and printed by `random --json`.
 */
import type { EntryDistribution } from '../linalg/matrix.ts';
import type { NsCoefficients, NsEntry } from '../newtonSchulz/schedule.ts';

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
  /** How it was made; absent where the measurement was not a command's. */
  readonly made?: RandomOrigin;
}

/** The command that makes the experiment again, and what it ran on. */
export interface RandomOrigin {
  readonly command: string;
  readonly seconds: number;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
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
  /**
   * What theory says of `values` at this r: Marchenko-Pastur at the share (ceil(q r) - 1/2 - surplus) / r. The surplus is
   * that of {@link marchenkoPasturSurplus}; it is left out where the entries have no fourth moment.
   */
  readonly expected: readonly number[];
  /**
   * The spectrum at exactly q: at position q r + 1/2 + surplus, counted from 1, between two neighbouring values in
   * proportion. null beyond the first and the last value, within two of the last at aspect ratios below 1.25, where the
   * surplus is more than a tenth of the values, and where the entries have no fourth moment.
   */
  readonly exactValues: readonly (number | null)[];
  /** Standard errors of `exactValues`; null with a single matrix. */
  readonly exactStandardErrors: readonly (number | null)[] | null;
  /** The smallest sigma, and its standard error; null with a single matrix. */
  readonly smallest: number;
  readonly smallestStandardError: number | null;
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
  /** 95 % interval for the sampling of the matrices, from the standard errors; null if a size has a single matrix. */
  readonly low: number | null;
  readonly high: number | null;
  readonly r2: number;
}

export interface QuantileExponent extends SizeExponent {
  readonly quantile: number;
  /** The slope of `expected`: departs from -0.5 where q r is rounded and where the surplus counts. */
  readonly expected: number;
  /** The slope of `exactValues`: -0.5 by theory; null if one of them is. */
  readonly exact: SizeExponent | null;
}

/** From which smaller dimension on a schedule leaves too much behind. */
export interface ScheduleWidth {
  readonly schedule: string;
  readonly coefficients: readonly NsCoefficients[];
  readonly entry: NsEntry;
  /** Smallest sigma whose output reaches the level; null if none does. */
  readonly threshold: number | null;
  /** By Marchenko-Pastur and the exact response; 2 if every width does, null if none up to 1e12 does. */
  readonly width: number | null;
  /**
   * Matrices drawn at that width; null where it is below 16, above the largest size or too small for sparse entries, and
   * where fewer than 8 matrices were asked for or done.
   */
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
