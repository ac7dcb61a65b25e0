/**
 * Where a level q of the limit law stands in the spectrum of a finite matrix, and the other way round.
 *
 * The k-th largest of r values stands, on average, where k - 1/2 values are expected above. The limit law expects r q
 * above its value at q, a finite matrix r q and a surplus, so with k counted from 1
 *
 *   k = q r + 1/2 + surplus(q).
 *
 * The surplus is first-order theory (marchenkoPasturSurplus): it is used while it is a small share of the values.
 */
import { marchenkoPasturQuantile, marchenkoPasturSurplus } from '../spectra/marchenkoPastur.ts';
import { limitQuantile, type Shape } from './randomLimit.ts';

/** A shape, and E x^4 / (E x^2)^2 - 3 of its entries. */
export interface FiniteShape extends Shape {
  readonly excessKurtosis: number;
}

/** A surplus beyond this share of the values is no small correction any more. */
const LARGEST_SHARE = 0.1;

/** At smaller aspect ratios the lower edge of the law is so near 0 that its last two values do not follow the theory. */
const LEAST_ASPECT = 1.25;

/**
 * The position at exactly q in the descending spectrum, counted from 1, usually between two values.
 *
 * @param q in (0, 1)
 * @returns null beyond the first and the last value, within two of the last in nearly square matrices (4 % off in 1024
 * matrices of 128 x 128), and where the surplus is not known or not small
 */
export function exactPosition(q: number, shape: FiniteShape): number | null {
  const surplus = surplusAt(q, shape);
  if (surplus === null) return null;
  const position = q * shape.rows + 1 / 2 + surplus;
  const last = shape.columns < LEAST_ASPECT * shape.rows ? shape.rows - 2 : shape.rows;
  return position >= 1 && position <= last ? position : null;
}

/**
 * What theory says of the value at a whole position; without the surplus where that is not known or not small.
 *
 * @param position 0-based in the descending spectrum
 * @returns sigma of X / ||X||_F
 */
export function expectedAt(position: number, shape: FiniteShape): number {
  const share = (position + 1 / 2) / shape.rows;
  const level = share - (surplusAt(share, shape) ?? 0) / shape.rows;
  return limitQuantile(Math.min(Math.max(level, Number.MIN_VALUE), 1), shape);
}

/** The value at a real position between the two beside it, in proportion; position counted from 1, within the spectrum. */
export function valueAt(position: number, descending: ArrayLike<number>): number {
  const before = Math.floor(position);
  const weight = position - before;
  const value = descending[before - 1]!;
  return weight === 0 ? value : (1 - weight) * value + weight * descending[before]!;
}

function surplusAt(q: number, { rows, columns, excessKurtosis }: FiniteShape): number | null {
  if (!Number.isFinite(excessKurtosis)) return null;
  const beta = rows / columns;
  const surplus = marchenkoPasturSurplus(marchenkoPasturQuantile(q, beta), beta, excessKurtosis);
  return Math.abs(surplus) <= LARGEST_SHARE * rows ? surplus : null;
}
