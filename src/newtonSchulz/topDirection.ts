/** Deflation (arXiv:2609.21102): the top singular direction of a matrix, taken out and put back. */
import type { Float32Matrix } from './float32Products.ts';

/** X = sigma u v^T + rest. */
export interface Deflated {
  readonly rest: Float32Matrix;
  /** (rows,), unit length. */
  readonly u: Float64Array;
  readonly sigma: number;
  /** (columns,), unit length. */
  readonly v: Float64Array;
}

/** Far more than a gap needs: where the second direction is close, either may be removed. */
const MOST_ITERATIONS = 100;

/**
 * Removes the largest singular direction, found by power iteration from the longest row.
 *
 * Stops when sigma moves by less than 1e-12 of itself. A single iteration squares the ratio of the second singular
 * value to the first, so an outlier takes two or three.
 *
 * @returns for a zero matrix the matrix itself, sigma = 0 and zero vectors
 */
export function removeTopDirection(x: Float32Matrix): Deflated {
  let v = longestRow(x);
  let u: Float64Array = new Float64Array(x.rows);
  let sigma = 0;
  for (let k = 0; k < MOST_ITERATIONS; k++) {
    u = normalised(times(x, v)).unit;
    const back = normalised(timesLeft(x, u));
    const moved = Math.abs(back.length - sigma);
    v = back.unit;
    sigma = back.length;
    if (moved <= 1e-12 * sigma) break;
  }
  const rest = x.data.map((value, k) => value - sigma * u[Math.floor(k / x.columns)]! * v[k % x.columns]!);
  return { rest: { ...x, data: rest }, u, sigma, v };
}

/**
 * Y with the direction u v^T at exactly 1: Y - u u^T Y - (Y - u u^T Y) v v^T + u v^T.
 *
 * The projection is needed: what was removed left a zero singular value, rounding filled it, and the iteration has grown
 * that to +1 or -1.
 */
export function restoreDirection(y: Float32Matrix, u: Float64Array, v: Float64Array): Float32Matrix {
  const { columns, data } = y;
  const alongU = timesLeft(y, u); // u^T Y
  const alongV = times(y, v); // Y v
  const both = u.reduce((sum, ui, i) => sum + ui * alongV[i]!, 0);
  const restored = data.map((value, k) => {
    const [i, j] = [Math.floor(k / columns), k % columns];
    return value - u[i]! * alongU[j]! - alongV[i]! * v[j]! + (both + 1) * u[i]! * v[j]!;
  });
  return { ...y, data: restored };
}

function longestRow({ rows, columns, data }: Float32Matrix): Float64Array {
  let best = 0;
  let longest = -1;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += data[i * columns + j]! ** 2;
    if (sum > longest) [best, longest] = [i, sum];
  }
  return Float64Array.from(data.subarray(best * columns, (best + 1) * columns));
}

/** X v. */
function times({ rows, columns, data }: Float32Matrix, v: Float64Array): Float64Array {
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i]! += data[i * columns + j]! * v[j]!;
  return out;
}

/** X^T u. */
function timesLeft({ rows, columns, data }: Float32Matrix, u: Float64Array): Float64Array {
  const out = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j]! += data[i * columns + j]! * u[i]!;
  return out;
}

function normalised(x: Float64Array): { readonly unit: Float64Array; readonly length: number } {
  const length = Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  return { unit: length === 0 ? x : x.map((value) => value / length), length };
}
