/** One quantity of one matrix over a run, e.g. its median singular value. Steps ascend. */
export interface Trajectory {
  readonly run: string;
  readonly params: number;
  readonly nonEmbeddingParams: number;
  readonly role: string;
  readonly layer: number;
  readonly depth: number;
  /** [m, n] of the matrix. */
  readonly shape: readonly [number, number];
  readonly quantile: number;
  readonly steps: readonly number[];
  /** Same length as `steps`; singular values of X / ||X||_F, positive. */
  readonly values: readonly number[];
}

export type Verdict = 'settled' | 'drifting' | 'too short';

/** Has a trajectory settled, where, and by which numbers? Not finding a plateau is an answer, not an error. */
export interface Plateau {
  readonly verdict: Verdict;
  /** Steps [first, last] the value is averaged over. */
  readonly window: readonly [number, number];
  /** Mean over the window; null only if the window holds no sample. */
  readonly value: number | null;
  /** Standard error of log(value), corrected for autocorrelation. */
  readonly logError: number;
  /** Change of log(value) over the window by its linear trend. */
  readonly drift: number;
  /** Standard error of `drift`, corrected for autocorrelation. */
  readonly driftError: number;
  /** Integrated autocorrelation time in samples. */
  readonly autocorrelation: number;
  readonly samples: number;
  /** The verdict in words, with its numbers. */
  readonly reason: string;
}

/** A settled value on its way to a law. */
export interface SettledValue extends Omit<Trajectory, 'steps' | 'values'> {
  readonly plateau: Plateau;
}
