/** Synthetic trajectories whose truth is known. */
import { createRandom } from '../../src/base/random.ts';
import type { Trajectory } from '../../src/stability/plateau.ts';

/** A trajectory with the given ln(values), one sample every `every` steps, the first at step `every`. */
export function trajectory(logs: readonly number[], every = 5): Trajectory {
  return {
    run: '8x128',
    params: 1_638_400,
    nonEmbeddingParams: 1_572_864,
    role: 'mlp.down',
    layer: 7,
    depth: 1,
    shape: [128, 512],
    quantile: 0.5,
    steps: logs.map((_, i) => (i + 1) * every),
    values: logs.map(Math.exp),
  };
}

/** Stationary first-order autoregressive noise with lag-one correlation `phi` and standard deviation `deviation`. */
export function autoregressive(seed: number, length: number, phi: number, deviation: number): number[] {
  const random = createRandom(seed);
  const innovation = deviation * Math.sqrt(1 - phi * phi);
  const noise = [deviation * random.gaussian()];
  while (noise.length < length) noise.push(phi * noise[noise.length - 1]! + innovation * random.gaussian());
  return noise;
}

/** `noise` plus a straight drift by `total` from the first to the last sample. */
export function drifting(noise: readonly number[], total: number): number[] {
  return noise.map((x, i) => x + (total * i) / (noise.length - 1));
}
