/** Rules that turn a gradient's singular values into those of an update bounded by 1 in spectral norm. */
import type { Random } from '../base/random.ts';

/** g (r,), positive, in any order -> f (r,) with |f_i| <= 1, chosen from g alone. */
export interface UpdateRule {
  readonly name: string;
  update(gradient: Float64Array): Float64Array;
}

/** f = 1: U V^T. */
export const POLAR: UpdateRule = { name: 'polar', update: (gradient) => gradient.map(() => 1) };

/**
 * What the polar update is compared with. None of them adapts to the weights.
 *
 * @param random draws the spectra of the rule that is random; a new one each time
 */
export function competitors(random: Random): readonly UpdateRule[] {
  const power = (p: number): UpdateRule => ({
    name: `power ${p}`,
    update: (g) => g.map((value) => (value / largest(g)) ** p),
  });
  return [
    { ...power(1), name: 'gradient, largest value at 1' },
    { name: 'gradient, Frobenius norm 1', update: (g) => g.map((value) => value / frobenius(g)) },
    power(0.25),
    power(0.5),
    power(2),
    { name: 'random spectrum in [0, 1]', update: (g) => g.map(() => random.uniform()) },
    { name: 'random spectrum in [-1, 1]', update: (g) => g.map(() => 2 * random.uniform() - 1) },
    { name: 'top half of the directions', update: (g) => topHalf(g) },
  ];
}

/** The larger half of the directions, first come first where values are equal. */
function topHalf(gradient: Float64Array): Float64Array {
  const order = Array.from(gradient.keys()).sort((i, j) => gradient[j] - gradient[i] || i - j);
  const out = new Float64Array(gradient.length);
  for (const i of order.slice(0, gradient.length >> 1)) out[i] = 1;
  return out;
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function frobenius(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
