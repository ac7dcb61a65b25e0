import { describe, expect, test } from 'vitest';
import { type Float32Matrix, gram, timesTransposed, transposed } from '../../src/newtonSchulz/float32Products.ts';
import { gaussian, toFloat32 } from '../linalg/matrices.ts';

function random(rows: number, columns: number, seed: number): Float32Matrix {
  return { rows, columns, data: Float32Array.from(toFloat32(gaussian(rows, columns, seed)).data) };
}

/** Largest |entry - exact| in units of k eps32 |p_i| |q_j|, the bound on a float32 sum of k products. */
function worstError(p: Float32Matrix, q: Float32Matrix, product: Float32Matrix): number {
  let worst = 0;
  for (let i = 0; i < p.rows; i++)
    for (let j = 0; j < q.rows; j++) {
      let [exact, pp, qq] = [0, 0, 0];
      for (let k = 0; k < p.columns; k++) {
        const [x, y] = [p.data[i * p.columns + k], q.data[j * p.columns + k]];
        exact += x * y;
        pp += x * x;
        qq += y * y;
      }
      const bound = p.columns * 2 ** -24 * Math.sqrt(pp * qq);
      worst = Math.max(worst, Math.abs(product.data[i * q.rows + j] - exact) / bound);
    }
  return worst;
}

describe('float32 products', () => {
  test.each([
    [1, 1, 1],
    [3, 5, 7],
    [8, 4, 6],
    [5, 8, 33],
  ])('%i x %i over %i agree with float64 within the bound of a float32 sum', (m, n, k) => {
    const [p, q] = [random(m, k, 1), random(n, k, 2)];
    const product = timesTransposed(p, q);
    expect([product.rows, product.columns]).toEqual([m, n]);
    expect(worstError(p, q, product)).toBeLessThan(1);
    expect(worstError(p, p, gram(p))).toBeLessThan(1);
  });

  test('a Gram matrix is exactly symmetric and equals the general product', () => {
    const p = random(7, 12, 3);
    expect(transposed(gram(p))).toEqual(gram(p));
    expect(gram(p)).toEqual(timesTransposed(p, p));
  });
});
