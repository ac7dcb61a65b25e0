/**
 * Arrays of weights, gradients and optimizer state.
 *
 * Matrices of one Muon stack lie behind each other in one array, so that the gradient graph sees each matrix
 * and the update graph the whole stack, without copying.
 */
import { sizeOf } from '../graph/graph.ts';
import type { ParameterSpec } from './trainable.ts';
import type { MuonStack } from './updateGraph.ts';

/** One array a stack or AdamW parameter (by key), and one view into them a parameter (by name). */
export interface Buffers {
  readonly byKey: ReadonlyMap<string, Float32Array>;
  readonly byName: ReadonlyMap<string, Float32Array>;
}

/** Zeroed arrays for the parameters of the given stacks and for those outside any stack. */
export function allocateBuffers(stacks: readonly MuonStack[], others: readonly ParameterSpec[]): Buffers {
  const byKey = new Map<string, Float32Array>();
  const byName = new Map<string, Float32Array>();
  for (const { key, parameters, shape } of stacks) {
    const size = sizeOf(shape);
    const whole = new Float32Array(size * parameters.length);
    byKey.set(key, whole);
    parameters.forEach(({ name }, i) => {
      byName.set(name, whole.subarray(i * size, (i + 1) * size));
    });
  }
  for (const { name, shape } of others) {
    const array = new Float32Array(sizeOf(shape));
    byKey.set(name, array);
    byName.set(name, array);
  }
  return { byKey, byName };
}
