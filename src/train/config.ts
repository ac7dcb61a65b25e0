/**
 * What a training run is made of, as plain data. Everything that changes a number is here, so that a run is
 * reproduced from its config, its text and its seed.
 */
import type { NsSchedule } from '../newtonSchulz/schedule.ts';

/** GPT of arXiv:2606.04058: pre-norm RMSNorm, rotary, QK-norm, squared-ReLU MLP of 4 width, untied head. */
export interface GptConfig {
  readonly layers: number;
  readonly width: number;
  /** Head size; width must be a multiple of it. */
  readonly headSize: number;
  /** Tokens a sequence. */
  readonly context: number;
  readonly vocabulary: number;
}

/** Muon for the hidden matrices. */
export interface MuonConfig {
  readonly learningRate: number;
  /** mu */
  readonly momentum: number;
  readonly convention: 'average' | 'sum';
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** original: sqrt(max(1, rows/columns)); rms: 0.2 sqrt(max(rows, columns)) (Moonlight); rows are outputs. */
  readonly updateScale: 'original' | 'rms';
  /** Used for every matrix that `schedules` does not name. */
  readonly schedule: NsSchedule;
  /** By parameter name, e.g. "layers.3.mlp.down". */
  readonly schedules: Readonly<Record<string, NsSchedule>>;
  /**
   * Instead of Newton-Schulz: the polar factor of the top share of directions, by exact decomposition. 1 keeps them
   * all; the schedules then play no part. The rank-p ablation of arXiv:2606.04058.
   */
  readonly rank?: number;
}

/** AdamW for embedding and head. */
export interface AdamWConfig {
  readonly learningRate: number;
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** Constant rate after `warmupSteps`, linear to zero over the last `decayShare` of the steps. */
export interface RateSchedule {
  readonly warmupSteps: number;
  readonly decayShare: number;
}

/** How a model is trained, whatever it is. */
export interface Recipe {
  readonly muon: MuonConfig;
  readonly adamw: AdamWConfig;
  readonly rate: RateSchedule;
  readonly steps: number;
  /** Sequences (images) a gradient evaluation. */
  readonly batch: number;
  /** Gradient evaluations a step; their mean is the gradient. */
  readonly accumulation: number;
  readonly seed: number;
  /** Steps between two validation losses. */
  readonly validateEvery: number;
  /** Sequences (images) of the validation loss, fixed for the run; rounded up to whole batches. */
  readonly validationSequences: number;
}

export interface TrainConfig extends Recipe {
  readonly model: GptConfig;
}
