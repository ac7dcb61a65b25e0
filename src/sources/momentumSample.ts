import type { Matrix } from '../linalg/matrix.ts';

/** What a matrix is: the momentum buffer itself, or the Nesterov blend that NS receives. */
export type MomentumStage = 'buffer' | 'nesterov';

/** average: M <- mu M + (1 - mu) G; sum: M <- mu M + G. They differ by 1 / (1 - mu) for constant mu. */
export type MomentumConvention = 'average' | 'sum';

/** Six roles the laws know; any other matrix keeps its raw parameter name. */
export type KnownRole = 'attn.q' | 'attn.k' | 'attn.v' | 'attn.o' | 'mlp.up' | 'mlp.down' | 'mlp.gate';

/** The roles of a GPT block in the order they are shown everywhere. */
export const ROLES: readonly KnownRole[] = ['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down', 'mlp.gate'];

/** Who a matrix is and what was done to it. */
export interface MomentumIdentity {
  readonly run: string;
  /** All parameters, embeddings included. */
  readonly params: number;
  readonly nonEmbeddingParams: number;
  /** Optimizer steps done when the sample was taken. */
  readonly step: number;
  readonly name: string;
  readonly role: string;
  /** 0-based. */
  readonly layer: number;
  readonly layers: number;
  /** (layer + 1) / layers, in (0, 1]. */
  readonly depth: number;
  readonly stage: MomentumStage;
  /** null where the source does not tell. Normalised spectra do not depend on it. */
  readonly convention: MomentumConvention | null;
  readonly dtype: 'float32' | 'float64' | 'bfloat16' | 'float16' | 'float8_e4m3fn' | 'float8_e5m2';
}

/** One momentum matrix of one step: what every source delivers and spectra measure. */
export interface MomentumSample extends MomentumIdentity {
  readonly matrix: Matrix;
}
