/**
 * Matrix products in float32, accumulated in float32: what a matrix engine does with rounded operands.
 *
 * Every product is P Q^T, rows against rows, so both operands are read along memory. Four sums run side by side, and
 * `Math.fround` after each operation keeps them float32, which the compiler turns into single-precision code. The
 * order of the sums differs from a GPU's; the difference is of the size of float32 rounding.
 */

/** Row-major (rows, columns) in float32. */
export interface Float32Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** P Q^T of p (m, k) and q (n, k). */
export function timesTransposed(p: Float32Matrix, q: Float32Matrix): Float32Matrix {
  const data = new Float32Array(p.rows * q.rows);
  for (let i = 0; i < p.rows; i += 2) for (let j = 0; j < q.rows; j += 2) fillBlock(data, p, q, i, j);
  return { rows: p.rows, columns: q.rows, data };
}

/** P P^T of p (m, k): half the work, and exactly symmetric. */
export function gram(p: Float32Matrix): Float32Matrix {
  const m = p.rows;
  const data = new Float32Array(m * m);
  for (let i = 0; i < m; i += 2) for (let j = 0; j <= i; j += 2) fillBlock(data, p, p, i, j);
  for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) data[j * m + i] = data[i * m + j]!;
  return { rows: m, columns: m, data };
}

export function transposed({ rows, columns, data }: Float32Matrix): Float32Matrix {
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return { rows: columns, columns: rows, data: turned };
}

/** Entries (i, j) to (i + 1, j + 1) of P Q^T; at the end of an odd side the last row stands in for the missing one. */
function fillBlock(out: Float32Array, p: Float32Matrix, q: Float32Matrix, i: number, j: number): void {
  const k = p.columns;
  const i1 = Math.min(i + 1, p.rows - 1);
  const j1 = Math.min(j + 1, q.rows - 1);
  const [x, y] = [p.data, q.data];
  const [x0, x1, y0, y1] = [i * k, i1 * k, j * k, j1 * k];
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  for (let l = 0; l < k; l++) {
    const a = x[x0 + l];
    const b = x[x1 + l];
    const c = y[y0 + l];
    const d = y[y1 + l];
    s00 = Math.fround(s00 + Math.fround(a! * c!));
    s01 = Math.fround(s01 + Math.fround(a! * d!));
    s10 = Math.fround(s10 + Math.fround(b! * c!));
    s11 = Math.fround(s11 + Math.fround(b! * d!));
  }
  const n = q.rows;
  out[i * n + j] = s00;
  out[i * n + j1] = j1 === j ? s00 : s01;
  out[i1 * n + j] = i1 === i ? s00 : s10;
  out[i1 * n + j1] = i1 === i ? (j1 === j ? s00 : s01) : j1 === j ? s10 : s11;
}
