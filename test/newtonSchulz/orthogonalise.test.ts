import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { catalogueNames, scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { orthogonalise } from '../../src/newtonSchulz/orthogonalise.ts';
import { composeSlope, response } from '../../src/newtonSchulz/response.ts';

type Vectors = readonly (readonly number[])[];

/** `count` orthonormal vectors of length `size`, by Gram-Schmidt done twice. */
function orthonormal(count: number, size: number, seed: number): Vectors {
  const random = createRandom(seed);
  const vectors: number[][] = [];
  while (vectors.length < count) {
    let v = Array.from({ length: size }, () => random.gaussian());
    for (const u of [...vectors, ...vectors]) {
      const overlap = v.reduce((sum, x, i) => sum + x * u[i], 0);
      v = v.map((x, i) => x - overlap * u[i]);
    }
    const norm = Math.hypot(...v);
    vectors.push(v.map((x) => x / norm));
  }
  return vectors;
}

/** sum_i sigma_i u_i v_i^T */
function assemble(left: Vectors, sigma: readonly number[], right: Vectors): Matrix {
  const [rows, columns] = [left[0].length, right[0].length];
  const data = new Float64Array(rows * columns);
  for (const [k, s] of sigma.entries())
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) data[i * columns + j] += s * left[k][i] * right[k][j];
  return { rows, columns, data };
}

function largestDifference(a: Matrix, b: Matrix): number {
  return Math.max(...Array.from(a.data, (x, k) => Math.abs(x - b.data[k])));
}

const SPECTRUM = [1, 0.3, 0.02, 0.001, 2e-4];
const normalised = SPECTRUM.map((s) => s / Math.hypot(...SPECTRUM));
const frobeniusNames = catalogueNames().filter((name) => name !== 'aol');

describe('orthogonalise', () => {
  test.each(frobeniusNames)('%s keeps singular vectors and maps singular values by its response', (name) => {
    const schedule = scheduleOf(name);
    const exact = { ...schedule, entry: { ...schedule.entry, epsilon: 0 } };
    for (const [rows, columns] of [
      [5, 5],
      [5, 9],
      [12, 5],
    ]) {
      const [u, v] = [orthonormal(5, rows, 1), orthonormal(5, columns, 2)];
      const found = orthogonalise(assemble(u, SPECTRUM, v), exact);
      const wanted = assemble(u, response(normalised, exact), v);
      // Rounding errors of the input, about 5 eps, grow by the slope at zero.
      expect(largestDifference(found, wanted)).toBeLessThan(30 * 2.3e-16 * composeSlope(schedule) + 1e-13);
    }
  });

  test('does not depend on the scale of the matrix, from 1e-200 to 1e200', () => {
    const schedule = scheduleOf('you5');
    const exact = { ...schedule, entry: { ...schedule.entry, epsilon: 0 } };
    const base = assemble(orthonormal(3, 4, 5), [1, 0.1, 0.01], orthonormal(3, 6, 6));
    const wanted = orthogonalise(base, exact);
    for (const scale of [1e-200, 1e-8, 1e200]) {
      const found = orthogonalise({ ...base, data: base.data.map((x) => x * scale) }, exact);
      expect(largestDifference(found, wanted)).toBeLessThan(1e-12);
    }
  });

  test('epsilon damps a matrix whose norm is below it', () => {
    const tiny = { rows: 1, columns: 2, data: Float64Array.of(3e-9, 4e-9) };
    const jordan = scheduleOf('jordan', 1);
    const s = 5e-9 / (5e-9 + 1e-7);
    const wanted = response([s], jordan)[0];
    expect(orthogonalise(tiny, jordan).data[0]).toBeCloseTo(0.6 * wanted, 12);
  });

  test('a single row becomes its response times the unit vector, float32 input included', () => {
    const { data } = orthogonalise({ rows: 1, columns: 2, data: Float32Array.of(3, 4) }, scheduleOf('textbook', 8));
    expect(data[0]).toBeCloseTo(0.6, 7);
    expect(data[1]).toBeCloseTo(0.8, 7);
  });

  test('zero stays zero and rank is not invented', () => {
    expect([...orthogonalise({ rows: 2, columns: 2, data: new Float64Array(4) }, scheduleOf('jordan')).data]).toEqual([
      0, 0, 0, 0,
    ]);
    const rankOne = orthogonalise({ rows: 2, columns: 2, data: Float64Array.of(1, 2, 2, 4) }, scheduleOf('cans', 10));
    const [a, b, c, d] = rankOne.data;
    expect(a * d - b * c).toBeCloseTo(0, 10);
  });

  test('the aol entry divides row i by sqrt(sum_j |(X X^T)_ij|), so an orthogonal matrix passes unchanged', () => {
    const rotation = { rows: 2, columns: 2, data: Float64Array.of(0.6, 0.8, -0.8, 0.6) };
    const aol = scheduleOf('aol', 1);
    const [a, b, c] = aol.coefficients[0];
    const exact = { ...aol, entry: { ...aol.entry, epsilon: 0 } };
    expect(orthogonalise({ ...rotation, data: rotation.data.map((x) => 7 * x) }, exact).data[0]).toBeCloseTo(
      0.6 * (a + b + c),
      13,
    );
    const rows = orthogonalise({ rows: 2, columns: 2, data: Float64Array.of(2, 0, 0, 5) }, exact).data;
    expect([...rows]).toEqual([a + b + c, 0, 0, a + b + c]);
  });

  test('refuses entries that are not finite and data that do not fit', () => {
    expect(() =>
      orthogonalise({ rows: 1, columns: 2, data: Float64Array.of(1, Number.NaN) }, scheduleOf('jordan')),
    ).toThrow('entry 1 is NaN');
    expect(() => orthogonalise({ rows: 2, columns: 2, data: new Float64Array(3) }, scheduleOf('jordan'))).toThrow(
      'a 2 x 2 matrix needs 4 entries, got 3',
    );
  });
});
