/** What is kept of every run of the experiments that train models: gpt and vit. */

export type SweptOptimizer = 'muon' | 'adamw';

/** Ranks of one hidden weight matrix at one step. */
export interface RankRecord {
  readonly step: number;
  readonly name: string;
  readonly role: string;
  readonly layer: number;
  readonly stableRank: number;
  readonly effectiveRank: number;
}

/** Singular values of a matrix over its Frobenius norm, at the quantiles of QUANTILES; descending. */
export interface SpectrumOfRun {
  readonly kind: 'momentum' | 'update' | 'weights';
  readonly name: string;
  readonly role: string;
  readonly layer: number;
  readonly values: readonly number[];
}

export interface TrainingRecord {
  readonly id: string;
  readonly optimizer: SweptOptimizer;
  readonly rate: number;
  readonly seed: number;
  /** Share of directions of the exact polar factor; null for Newton-Schulz, and under AdamW. */
  readonly share: number | null;
  /** Step at which the loss was no longer finite; null for a run that reached its end. */
  readonly divergedAt: number | null;
  /** Of the last step; null if diverged. */
  readonly validationLoss: number | null;
  /** Validation losses as they came. */
  readonly curve: readonly { readonly step: number; readonly loss: number }[];
  readonly ranks: readonly RankRecord[];
  /** Of the last step. */
  readonly spectra: readonly SpectrumOfRun[];
}
