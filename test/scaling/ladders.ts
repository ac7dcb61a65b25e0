/** Synthetic ladders whose law is known. */
import type { Random } from '../../src/base/random.ts';
import type { Measurement } from '../../src/scaling/fitLaw.ts';
import type { SettledValue } from '../../src/stability/plateau.ts';

/** Five small GPTs: 4 x 32, 48, 64, 96 and 8 x 128 with 256 tokens. */
export const SIZES: readonly number[] = [65_536, 135_168, 229_376, 491_520, 1_638_400];

export function measurement(params: number, value: number, changes: Partial<Measurement> = {}): Measurement {
  return { run: `n${params}`, params, value, logError: 0, smallerDimension: null, verdict: 'settled', ...changes };
}

/** value = params^-exponent, each multiplied by exp of a normal deviate of standard deviation `scatter`. */
export function ladder(
  exponent: number,
  { random, scatter = 0, sizes = SIZES }: { random?: Random; scatter?: number; sizes?: readonly number[] } = {},
): Measurement[] {
  return sizes.map((params) =>
    measurement(params, params ** -exponent * Math.exp(scatter * (random?.gaussian() ?? 0))),
  );
}

export function settled(params: number, value: number | null, changes: Partial<SettledValue> = {}): SettledValue {
  return {
    run: `n${params}`,
    params,
    nonEmbeddingParams: params / 2,
    role: 'mlp.down',
    layer: 3,
    depth: 1,
    shape: [Math.sqrt(params), 4 * Math.sqrt(params)],
    quantile: 0.5,
    plateau: {
      verdict: 'settled',
      window: [300, 450],
      value,
      logError: 0.01,
      drift: 0,
      driftError: 0.01,
      autocorrelation: 1,
      samples: 30,
      reason: 'settled: as made',
    },
    ...changes,
  };
}
