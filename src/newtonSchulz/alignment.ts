/** How much of each singular direction an orthonormalised matrix keeps. */
import { DomainError } from '../base/errors.ts';
import { jacobiSvd, type SingularValueDecomposition } from '../linalg/jacobi.ts';
import type { Matrix } from '../linalg/matrix.ts';

/**
 * u_i^T Y v_i for every singular direction of X: 1 where Y agrees with the polar factor of X, 0 where it is lost.
 *
 * @param original X, (m, n)
 * @param update Y, (m, n): what Newton-Schulz made of X
 * @param decomposition of X; found by Jacobi's method if left out, which is slow above 256 x 256
 * @returns shape (r,), in the order of the singular values of X, descending
 * @throws DomainError if the shapes differ
 */
export function alignments(
  original: Matrix,
  update: Matrix,
  decomposition: SingularValueDecomposition = jacobiSvd(original),
): Float64Array {
  if (original.rows !== update.rows || original.columns !== update.columns)
    throw new DomainError(
      `alignment: expected two matrices of one shape, got ${original.rows} x ${original.columns} and ` +
        `${update.rows} x ${update.columns}`,
    );
  const { u, sigma, v } = decomposition;
  const { rows, columns, data } = update;
  const r = sigma.length;
  const out = new Float64Array(r);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const y = data[i * columns + j];
      for (let k = 0; k < r; k++) out[k]! += u.data[i * r + k]! * y! * v.data[j * r + k]!;
    }
  return out;
}
