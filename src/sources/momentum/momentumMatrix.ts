/** What is found in a checkpoint: the matrices that Muon keeps momentum for, not read yet. */
import type { Matrix } from '../../linalg/matrix.ts';
import type { NsSchedule } from '../../newtonSchulz/schedule.ts';
import type { SkippedTensor } from '../checkpoints/checkpoint.ts';
import type { MomentumConvention, MomentumIdentity, MomentumStage } from '../momentumSample.ts';

/** One whole matrix: of a stack, of a fused projection, or a parameter of its own. */
export interface MomentumMatrix {
  /** Parameter name; "[3]" behind it for the fourth of a stack, ".q" for a part of a fused projection. */
  readonly name: string;
  /** A known role, or the name with its layer number replaced by "*". */
  readonly role: string;
  /** 0-based; 0 of 1 where the name holds no layer number. */
  readonly layer: number;
  readonly layers: number;
  /** [m, n] */
  readonly shape: readonly [number, number];
  readonly dtype: MomentumIdentity['dtype'];
  /** Index into {@link FoundMomentum.settings}; null where the checkpoint tells nothing about the update. */
  readonly settings: number | null;
  /** Reads the matrix; memory for it alone, and as much again for the gradient if `stage` is "nesterov". */
  read(): Promise<Matrix>;
}

/** How a group of parameters is updated: what the checkpoint says, completed by what the layout's code does. */
export interface MuonSettings {
  /** Layout whose code this is, e.g. "nanochat". */
  readonly layout: string;
  /** Number of the parameter group in its optimizer; null where there are no groups. */
  readonly group: number | null;
  readonly learningRate: number | null;
  /** mu */
  readonly momentum: number | null;
  /** Whether NS receives the Nesterov blend; null where neither checkpoint nor code tells. */
  readonly nesterov: boolean | null;
  /** The NS in use; null where neither checkpoint nor code tells. */
  readonly schedule: NsSchedule | null;
  /** Fields above that the checkpoint states; the others are those of the layout's code. */
  readonly stated: readonly MuonSetting[];
}

export type MuonSetting = 'learningRate' | 'momentum' | 'nesterov' | 'steps' | 'coefficients' | 'epsilon';

/** Why a tensor that looked like momentum is not measured, for programs; `reason` says it to people. */
export type SkipCause =
  /** Muon keeps momentum for it, and should not: it is no hidden matrix. */
  | 'embedding'
  | 'head'
  | 'norm'
  | 'convolution'
  | 'vector'
  /** Another optimizer's state. */
  | 'moments'
  | 'other optimizer'
  /** The checkpoint is incomplete or contradicts itself. */
  | 'shard'
  | 'missing'
  | 'duplicate'
  | 'conflict'
  /** Nothing to measure. */
  | 'padding'
  | 'empty'
  | 'dtype'
  | 'shape'
  /** The reader could not take it in. */
  | 'unreadable';

export interface SkippedMomentum extends SkippedTensor {
  readonly cause: SkipCause;
}

/** The momentum of one checkpoint. */
export interface FoundMomentum {
  /** Whose conventions were recognised, e.g. "torch.optim.Muon": a row of the table in docs/checkpoints.md. */
  readonly layout: string;
  /** null where neither the layout nor a flag tells. Normalised spectra do not depend on it. */
  readonly convention: MomentumConvention | null;
  /** What `matrices` deliver. */
  readonly stage: MomentumStage;
  /** What NS receives in this run; null where neither checkpoint nor code tells, or groups differ. */
  readonly nsInput: MomentumStage | null;
  /** Optimizer steps done, where the checkpoint or its file name tells. */
  readonly step: number | null;
  /** All parameters, and those outside embeddings and head, where the checkpoint tells. */
  readonly params: number | null;
  readonly nonEmbeddingParams: number | null;
  readonly matrices: readonly MomentumMatrix[];
  readonly settings: readonly MuonSettings[];
  /** What looked like momentum and is not measured, each with its reason. */
  readonly skipped: readonly SkippedMomentum[];
  /** What was inferred, and what a flag would add, a sentence each. */
  readonly notes: readonly string[];
}
