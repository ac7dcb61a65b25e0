import { describe, expect, test } from 'vitest';
import { jacobiSvd } from '../../src/linalg/jacobi.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { gaussian, withSpectrum } from './matrices.ts';

/** Largest entry of A B^T - C for A (m, r), B (n, r). */
function differenceFrom(c: Matrix, a: Matrix, b: Matrix, scale: (k: number) => number): number {
  let largest = 0;
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let k = 0; k < a.columns; k++) sum += a.data[i * a.columns + k] * scale(k) * b.data[j * b.columns + k];
      largest = Math.max(largest, Math.abs(sum - c.data[i * c.columns + j]));
    }
  return largest;
}

/** Largest entry of A^T A - I. */
function departureFromOrthogonal(a: Matrix): number {
  let largest = 0;
  for (let p = 0; p < a.columns; p++)
    for (let q = 0; q < a.columns; q++) {
      let sum = 0;
      for (let i = 0; i < a.rows; i++) sum += a.data[i * a.columns + p] * a.data[i * a.columns + q];
      largest = Math.max(largest, Math.abs(sum - (p === q ? 1 : 0)));
    }
  return largest;
}

describe('one-sided Jacobi', () => {
  test.each([
    [1, 1],
    [5, 1],
    [1, 5],
    [20, 20],
    [37, 12],
    [12, 37],
  ])('reconstructs a %i x %i matrix from orthogonal factors', (rows, columns) => {
    const matrix = gaussian(rows, columns, rows + columns);
    const { u, sigma, v } = jacobiSvd(matrix);
    const tolerance = 8 * Math.max(rows, columns) * Number.EPSILON;
    expect(differenceFrom(matrix, u, v, (k) => sigma[k])).toBeLessThan(tolerance * sigma[0]);
    expect(departureFromOrthogonal(u)).toBeLessThan(tolerance);
    expect(departureFromOrthogonal(v)).toBeLessThan(tolerance);
  });

  test('finds values down to 1e-14 of the largest', () => {
    const exact = [1, 1e-3, 1e-7, 1e-12, 1e-14];
    const { sigma } = jacobiSvd(withSpectrum(9, 5, exact, 2));
    exact.forEach((value, i) => {
      expect(Math.abs(sigma[i] - value)).toBeLessThan(64 * Number.EPSILON);
    });
  });

  test('finds [4, 3] at the edges of the range of doubles', () => {
    for (const scale of [2 ** -1070, 1, 2 ** 1020]) {
      const data = Float64Array.from([3 * scale, 0, 0, 4 * scale]);
      expect([...jacobiSvd({ rows: 2, columns: 2, data }).sigma]).toEqual([4 * scale, 3 * scale]);
    }
  });

  test('gives zeros for a zero matrix', () => {
    const { u, sigma } = jacobiSvd({ rows: 3, columns: 2, data: new Float64Array(6) });
    expect([...sigma]).toEqual([0, 0]);
    expect([...u.data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('refuses NaN and a wrong shape', () => {
    const data = Float64Array.from([1, Number.NaN]);
    expect(() => jacobiSvd({ rows: 1, columns: 2, data })).toThrow(
      'jacobi: entry 1 is NaN; every entry must be finite',
    );
    expect(() => jacobiSvd({ rows: 2, columns: 2, data })).toThrow('jacobi: a 2 x 2 matrix cannot have 2 entries');
  });
});
