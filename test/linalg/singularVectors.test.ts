import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jacobiSvd, type SingularValueDecomposition } from '../../src/linalg/jacobi.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { singularValues } from '../../src/linalg/singularValues.ts';
import { polarFactor, singularVectors } from '../../src/linalg/singularVectors.ts';
import { gaussian, toFloat32, withSpectrum } from './matrices.ts';

/** What a backward stable method of n steps may be off by, relative to the largest value: 64 n eps is generous. */
const rounding = (n: number): number => 64 * n * Number.EPSILON;

/** Largest entry of A^T A - I. */
function orthonormalityError({ rows, columns, data }: Matrix): number {
  let error = 0;
  for (let a = 0; a < columns; a++)
    for (let b = 0; b <= a; b++) {
      let dot = 0;
      for (let i = 0; i < rows; i++) dot += data[i * columns + a] * data[i * columns + b];
      error = Math.max(error, Math.abs(dot - (a === b ? 1 : 0)));
    }
  return error;
}

/** Frobenius norm of the smaller Gram matrix of Q minus I. */
function polarError(q: Matrix): number {
  const side = Math.min(q.rows, q.columns);
  const [across, along] = q.rows >= q.columns ? [1, q.columns] : [q.columns, 1];
  let total = 0;
  for (let a = 0; a < side; a++)
    for (let b = 0; b < side; b++) {
      let dot = 0;
      for (let k = 0; k < Math.max(q.rows, q.columns); k++)
        dot += q.data[a * across + k * along] * q.data[b * across + k * along];
      total += (dot - (a === b ? 1 : 0)) ** 2;
    }
  return Math.sqrt(total);
}

function reconstructionError({ rows, columns, data }: Matrix, { u, sigma, v }: SingularValueDecomposition): number {
  let error = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < sigma.length; k++) sum += u.data[i * u.columns + k] * sigma[k] * v.data[j * v.columns + k];
      error = Math.max(error, Math.abs(sum - data[i * columns + j]));
    }
  return error;
}

function expectDecomposition(matrix: Matrix): void {
  const found = singularVectors(matrix);
  const r = Math.min(matrix.rows, matrix.columns);
  const size = rounding(Math.max(matrix.rows, matrix.columns));
  expect([found.u.rows, found.u.columns, found.v.rows, found.v.columns]).toEqual([matrix.rows, r, matrix.columns, r]);
  expect([...found.sigma]).toEqual([...found.sigma].sort((a, b) => b - a));
  expect(orthonormalityError(found.u)).toBeLessThan(size);
  expect(orthonormalityError(found.v)).toBeLessThan(size);
  expect(reconstructionError(matrix, found)).toBeLessThanOrEqual(size * found.sigma[0]);
}

describe('singular vectors', () => {
  test('of [3 4] are [1] and [0.6 0.8] with sigma 5', () => {
    const { u, sigma, v } = singularVectors({ rows: 1, columns: 2, data: new Float64Array([3, 4]) });
    expect(sigma[0]).toBeCloseTo(5, 14);
    expect(u.data[0] * v.data[0]).toBeCloseTo(0.6, 14);
    expect(u.data[0] * v.data[1]).toBeCloseTo(0.8, 14);
  });

  test('reconstruct the matrix from orthonormal factors on every small shape', () => {
    for (const rows of [1, 2, 3, 4, 5, 8, 9, 17, 33])
      for (const columns of [1, 2, 3, 4, 7, 8, 16, 31])
        expectDecomposition(gaussian(rows, columns, 100 * rows + columns));
  });

  test.each([
    [130, 64],
    [64, 130],
    [128, 128],
  ])('reconstruct a %i x %i matrix', (rows, columns) => {
    expectDecomposition(gaussian(rows, columns, 5));
  });

  test.each([1e3, 1e8, 1e16])(
    'find singular values of condition %d to eps of the largest, as the Gram path cannot',
    (condition) => {
      const exact = Float64Array.from({ length: 96 }, (_, i) => condition ** (-i / 95));
      const matrix = withSpectrum(96, 128, exact, 3);
      const { sigma } = singularVectors(matrix);
      for (const [i, value] of exact.entries()) expect(Math.abs(sigma[i] - value)).toBeLessThan(rounding(96));
      expectDecomposition(matrix);
    },
  );

  test('agree with one-sided Jacobi and with the Gram path', () => {
    const matrix = gaussian(80, 50, 8);
    const { sigma } = singularVectors(matrix);
    const jacobi = jacobiSvd(matrix).sigma;
    const gram = singularValues(matrix);
    for (let i = 0; i < sigma.length; i++) {
      expect(Math.abs(sigma[i] - jacobi[i])).toBeLessThan(rounding(80) * sigma[0]);
      expect(Math.abs(sigma[i] - gram[i])).toBeLessThan(2e-8 * sigma[0]);
    }
  });

  test('of equal, of zero and of missing values are orthonormal still', () => {
    const half = Float64Array.from({ length: 60 }, (_, i) => (i < 30 ? 1 : 0));
    for (const matrix of [
      withSpectrum(60, 60, half, 3),
      withSpectrum(48, 48, new Float64Array(48).fill(2), 4),
      { rows: 5, columns: 7, data: new Float64Array(35) },
      { rows: 3, columns: 3, data: new Float64Array([0, 1, 0, 0, 0, 1, 0, 0, 0]) },
      { rows: 4, columns: 4, data: new Float64Array(16).fill(1) },
    ])
      expectDecomposition(matrix);
  });

  test('of random spectra with clusters and gaps reconstruct the matrix', () => {
    const value = fc.oneof(fc.constantFrom(0, 1, 1e-8, 1e-300), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 24 }), fc.integer({ min: 0, max: 8 }), (sigma, more) => {
        expectDecomposition(withSpectrum(sigma.length + more, sigma.length, sigma, 7));
      }),
      { numRuns: 60, seed: 2026 },
    );
  });

  test.each([1e-300, 1e-160, 1e150, 1e300])('of entries near %d keep their accuracy', (scale) => {
    const plain = singularVectors(gaussian(20, 12, 6));
    const scaled = singularVectors(gaussian(20, 12, 6, scale));
    for (let i = 0; i < 12; i++) expect(scaled.sigma[i] / scale / plain.sigma[i]).toBeCloseTo(1, 12);
    expect(orthonormalityError(scaled.u)).toBeLessThan(rounding(20));
  });

  test('of float32 entries equal those of the same entries in float64', () => {
    const single = toFloat32(gaussian(10, 14, 9));
    expect(singularVectors(single)).toEqual(singularVectors({ ...single, data: Float64Array.from(single.data) }));
  });

  test('refuse what is no matrix', () => {
    expect(() => singularVectors({ rows: 2, columns: 2, data: new Float64Array(3) })).toThrow('has 4 entries, got 3');
    expect(() => singularVectors({ rows: 1, columns: 2, data: new Float64Array([0, Number.NaN]) })).toThrow(
      'entry (0, 1) is NaN',
    );
  });
});

describe('the polar factor', () => {
  test('of 512 x 512 has an orthogonality error under 1e-12 in the Frobenius norm', () => {
    expect(polarError(polarFactor(gaussian(512, 512, 1)))).toBeLessThan(1e-12);
  });

  test.each([1e4, 1e12])('of condition %d is orthogonal as well', (condition) => {
    const sigma = Float64Array.from({ length: 100 }, (_, i) => condition ** (-i / 99));
    for (const [rows, columns] of [
      [100, 100],
      [150, 100],
      [100, 150],
    ] as const)
      expect(polarError(polarFactor(withSpectrum(rows, columns, sigma, 2)))).toBeLessThan(1e-12);
  });

  test('is U V^T of one-sided Jacobi', () => {
    const matrix = gaussian(12, 9, 4);
    const { u, v } = jacobiSvd(matrix);
    const found = polarFactor(matrix);
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 9; j++) {
        let exact = 0;
        for (let k = 0; k < 9; k++) exact += u.data[i * 9 + k] * v.data[j * 9 + k];
        expect(found.data[i * 9 + j]).toBeCloseTo(exact, 12);
      }
  });

  test('of an orthogonal matrix is that matrix, and of a multiple of it too', () => {
    const q = polarFactor(gaussian(30, 30, 3));
    const again = polarFactor({ ...q, data: q.data.map((x) => 1e-5 * x) });
    for (const [i, value] of again.data.entries()) expect(value).toBeCloseTo(q.data[i], 13);
  });

  test('leaves directions that the matrix does not have at 0', () => {
    const sigma = Float64Array.from({ length: 40 }, (_, i) => (i < 25 ? 1 / (1 + i) : 0));
    const values = singularVectors(polarFactor(withSpectrum(40, 60, sigma, 5))).sigma;
    expect([...values].map((value) => Math.round(value * 1e12) / 1e12)).toEqual([
      ...new Array(25).fill(1),
      ...new Array(15).fill(0),
    ]);
    expect(polarFactor({ rows: 2, columns: 3, data: new Float64Array(6) }).data).toEqual(new Float64Array(6));
  });
});
