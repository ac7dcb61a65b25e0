/** What is found in a checkpoint: the matrices that Muon keeps momentum for, not read yet. */
import type { Matrix } from '../../linalg/matrix.ts';
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
  /** Reads the matrix; memory for it alone. */
  read(): Promise<Matrix>;
}

/** The momentum of one checkpoint. */
export interface FoundMomentum {
  /** Whose conventions were recognised, e.g. "torch.optim.Muon": a row of the table in docs/checkpoints.md. */
  readonly layout: string;
  /** null where neither the layout nor a flag tells. Normalised spectra do not depend on it. */
  readonly convention: MomentumConvention | null;
  readonly stage: MomentumStage;
  /** Optimizer steps done, where the checkpoint or its file name tells. */
  readonly step: number | null;
  /** All parameters, and those outside embeddings and head, where the checkpoint tells. */
  readonly params: number | null;
  readonly nonEmbeddingParams: number | null;
  readonly matrices: readonly MomentumMatrix[];
  /** What looked like momentum and is not measured, each with its reason. */
  readonly skipped: readonly SkippedTensor[];
}
