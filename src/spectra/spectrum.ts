import type { MomentumIdentity } from '../sources/momentumSample.ts';

/** Quantiles of every record, of the descending spectrum: sigma[ceil(q r) - 1], so q = 0.9 is small. */
export const RECORD_QUANTILES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;

/** One line of spectra.jsonl: the singular values of X / ||X||_F of one matrix at one step. */
export interface Spectrum extends MomentumIdentity, SpectrumValues {
  readonly schema: 'muonscope.spectrum/1';
}

/** What is measured of one matrix X. */
export interface SpectrumValues {
  /** [m, n] */
  readonly shape: readonly [number, number];
  /** ||X||_F */
  readonly frobenius: number;
  /** Largest singular value of X / ||X||_F. */
  readonly spectral: number;
  readonly quantiles: readonly number[];
  /** Same length as `quantiles`; of X / ||X||_F. */
  readonly values: readonly number[];
  /** Smallest of the min(m, n) singular values of X / ||X||_F. */
  readonly smallest: number;
  /** ||X||_F^2 / sigma_1^2 */
  readonly stableRank: number;
  /** exp of the entropy of sigma_i / sum sigma (Roy and Vetterli 2007). */
  readonly effectiveRank: number;
  /** sigma_1^2 / ||X||_F^2: the share of the squared norm that the top direction holds. */
  readonly outlierShare: number;
  /** How the values were computed, e.g. "gram-tridiagonal-f64". */
  readonly method: string;
  /** Values below floor * spectral are not resolved. */
  readonly floor: number;
}
