/** Momentum that is not in any file: matrices drawn from a seed, opened as a scan opens a checkpoint. */
import { createRandom } from '../../src/base/random.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import type { FoundMomentum, MomentumMatrix } from '../../src/sources/momentum/momentumMatrix.ts';
import type { OpenedMomentum } from '../../src/workflows/scan.ts';

/** Counts matrices that were read and are not done with yet, and what was closed. */
export interface MemoryUse {
  reads: number;
  closed: number;
}

export interface MemoryMatrix {
  readonly role?: string;
  readonly layer?: number;
  readonly shape?: readonly [number, number];
  /** Changes the entries after they are drawn. */
  readonly edit?: (data: Float32Array) => void;
}

export const LAYERS = 4;

export function matrixOf(
  { role = 'attn.q', layer = 0, shape = [96, 64], edit = () => {} }: MemoryMatrix,
  seed: number,
  use: MemoryUse = { reads: 0, closed: 0 },
): MomentumMatrix {
  const [rows, columns] = shape;
  const read = async (): Promise<Matrix> => {
    use.reads++;
    const random = createRandom(seed);
    const data = Float32Array.from({ length: rows * columns }, () => random.gaussian());
    edit(data);
    return { rows, columns, data };
  };
  return {
    name: `layers.${layer}.${role}`,
    role,
    layer,
    layers: LAYERS,
    shape,
    dtype: 'float32',
    settings: null,
    read,
  };
}

/** Opens matrices as the momentum of `name`. */
export function memoryMomentum(
  name: string,
  matrices: readonly MemoryMatrix[],
  found: Partial<FoundMomentum> = {},
  use: MemoryUse = { reads: 0, closed: 0 },
): () => Promise<OpenedMomentum> {
  return async () => ({
    name,
    format: 'torch',
    found: {
      layout: 'torch.optim.Muon',
      convention: 'average',
      stage: 'buffer',
      nsInput: 'nesterov',
      step: 100,
      params: 1_000_000,
      nonEmbeddingParams: 900_000,
      matrices: matrices.map((matrix, i) => matrixOf(matrix, i + 1, use)),
      settings: [],
      skipped: [],
      notes: [],
      ...found,
    },
    close: async () => {
      use.closed++;
    },
  });
}
