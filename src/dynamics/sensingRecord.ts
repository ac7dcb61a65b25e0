/** What is kept of every run of the sensing experiment. */

export type SensingMethod = 'muon' | 'muon-ns' | 'norm-matched' | 'gradient' | 'sign' | 'adamw' | 'nuclear-norm';

/** What is kept of one solution; singular values of W. */
export interface SensingOutcome {
  readonly method: SensingMethod;
  /** ||W - X||_F / ||X||_F */
  readonly recovery: number;
  /** ||A W - y|| / ||y|| */
  readonly residual: number;
  readonly frobenius: number;
  readonly flatness: number;
  readonly stableRank: number;
  readonly effectiveRank: number;
  readonly entropy: number;
}

export interface SensingRecord {
  readonly id: string;
  readonly outcomes: readonly SensingOutcome[];
}
