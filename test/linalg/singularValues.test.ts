import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jacobiSvd } from '../../src/linalg/jacobi.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { singularValueQuantiles, singularValues, spectrumOf } from '../../src/linalg/singularValues.ts';
import { gaussian, toFloat32, withSpectrum } from './matrices.ts';

/** The accuracy the kernels promise: 2e-8 of the largest value. */
const PROMISED = 2e-8;

const matrixOf = (rows: number, columns: number, entries: readonly number[]): Matrix => ({
  rows,
  columns,
  data: Float64Array.from(entries),
});

function largestError(found: ArrayLike<number>, exact: ArrayLike<number>): number {
  expect(found.length).toBe(exact.length);
  return Math.max(...Array.from(exact, (value, i) => Math.abs(found[i] - value)));
}

function geometric(length: number, condition: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => condition ** (-i / (length - 1)));
}

describe('singular values', () => {
  test('of a diagonal matrix are the magnitudes of its diagonal, descending', () => {
    expect([...singularValues(matrixOf(3, 3, [1, 0, 0, 0, -4, 0, 0, 0, 2]))]).toEqual([4, 2, 1]);
  });

  test('of [[3, 0], [4, 5]] are sqrt 45 and sqrt 5', () => {
    const found = singularValues(matrixOf(2, 2, [3, 0, 4, 5]));
    expect(largestError(found, [Math.sqrt(45), Math.sqrt(5)])).toBeLessThan(8 * Number.EPSILON * 7);
  });

  // sigma(k) of the n x n second-difference matrix: 4 sin^2(k pi / (2 (n + 1))). Its largest is near 4.
  test.each([5, 64, 200])('of the second-difference matrix of size %i are 4 sin^2(k pi / (2 n + 2))', (n) => {
    const data = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) data[i * n + j] = i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0;
    const exact = Array.from({ length: n }, (_, k) => 4 * Math.sin(((n - k) * Math.PI) / (2 * n + 2)) ** 2);
    expect(largestError(singularValues({ rows: n, columns: n, data }), exact)).toBeLessThan(4 * PROMISED);
  });

  test.each([1e2, 1e5, 1e7])('of matrices with condition %d are within 2e-8 of the largest', (condition) => {
    for (const [rows, columns] of [
      [63, 40],
      [64, 64],
      [130, 257],
      [512, 512],
    ]) {
      const exact = geometric(Math.min(rows, columns), condition);
      expect(largestError(singularValues(withSpectrum(rows, columns, exact, 7)), exact)).toBeLessThan(PROMISED);
    }
  });

  test('of a 2048 x 2048 matrix with condition 1e7 are within 2e-8 of the largest', () => {
    const exact = geometric(2048, 1e7);
    expect(largestError(singularValues(withSpectrum(2048, 2048, exact, 3)), exact)).toBeLessThan(PROMISED);
  });

  test('near the largest are accurate to n eps', () => {
    const exact = Float64Array.from({ length: 300 }, (_, i) => 2 - i / 300);
    const found = singularValues(withSpectrum(300, 300, exact, 5));
    expect(largestError(found, exact)).toBeLessThan(300 * Number.EPSILON * 2);
  });

  test('agree with one-sided Jacobi on every small shape', () => {
    for (const rows of [1, 2, 3, 4, 5, 15, 16, 17, 18, 31, 33, 48, 63, 65, 81])
      for (const columns of [1, 2, 3, 7, 16, 17, 32, 34, 50, 64, 66]) {
        const matrix = gaussian(rows, columns, 1000 * rows + columns);
        const exact = jacobiSvd(matrix).sigma;
        expect(largestError(singularValues(matrix), exact)).toBeLessThan(PROMISED * exact[0]);
      }
  });

  test('of float32 entries equal those of the same entries in float64', () => {
    const single = toFloat32(gaussian(70, 300, 9));
    const double = { ...single, data: Float64Array.from(single.data) };
    expect(singularValues(single)).toEqual(singularValues(double));
  });

  test('of a transposed matrix are the same', () => {
    const matrix = gaussian(40, 290, 2);
    const data = new Float64Array(matrix.data.length);
    for (let i = 0; i < 40; i++) for (let j = 0; j < 290; j++) data[j * 40 + i] = matrix.data[i * 290 + j];
    expect(singularValues({ rows: 290, columns: 40, data })).toEqual(singularValues(matrix));
  });

  test('squared sum to the squared Frobenius norm', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }), fc.integer(), (m, n, seed) => {
        const matrix = gaussian(m, n, seed);
        const norm = matrix.data.reduce((sum, x) => sum + x * x, 0);
        const sum = singularValues(matrix).reduce((total, x) => total + x * x, 0);
        // Rounding of the reduction: a few eps for each of the n similarity steps.
        expect(Math.abs(sum - norm)).toBeLessThan(
          8 * Math.min(m, n) * Number.EPSILON * norm + 8 * Number.EPSILON * norm,
        );
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test('are descending and not negative', () => {
    const found = singularValues(gaussian(200, 150, 4));
    for (let i = 1; i < found.length; i++) expect(found[i - 1]).toBeGreaterThanOrEqual(found[i]);
    expect(found[149]).toBeGreaterThan(0);
  });

  test('of a row or a column are its norm', () => {
    expect(singularValues(matrixOf(1, 2, [3, 4]))[0]).toBeCloseTo(5, 14);
    expect(singularValues(matrixOf(2, 1, [3, 4]))[0]).toBeCloseTo(5, 14);
    expect([...singularValues(matrixOf(1, 1, [-2]))]).toEqual([2]);
  });

  test('of a rank-one matrix are its norm and values below the floor', () => {
    const rows = 50;
    const columns = 30;
    const data = Float64Array.from(
      { length: rows * columns },
      (_, k) => (1 + Math.floor(k / columns)) * (1 + (k % columns)),
    );
    const found = singularValues({ rows, columns, data });
    const exact = Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
    expect(Math.abs(found[0] - exact)).toBeLessThan(32 * Number.EPSILON * exact);
    expect(found[1]).toBeLessThan(PROMISED * exact);
  });

  test('of equal values are all found', () => {
    const found = singularValues(withSpectrum(100, 100, new Float64Array(100).fill(3), 8));
    expect(largestError(found, new Float64Array(100).fill(3))).toBeLessThan(3 * 100 * Number.EPSILON);
  });

  test.each([1e-300, 1e-200, 1e200, 1e300])('scale with entries of size %d', (scale) => {
    const unit = singularValues(gaussian(40, 30, 6));
    const scaled = singularValues(gaussian(40, 30, 6, scale));
    unit.forEach((value, i) => {
      expect(Math.abs(scaled[i] / scale - value)).toBeLessThan(PROMISED * unit[0]);
    });
  });

  test('of denormal float32 entries are exact multiples of the smallest one', () => {
    const tiny = 2 ** -149;
    const found = singularValues({ rows: 2, columns: 2, data: Float32Array.from([3 * tiny, 0, 0, 4 * tiny]) });
    expect([...found]).toEqual([4 * tiny, 3 * tiny]);
  });

  test('of a zero matrix are zeros', () => {
    expect([...singularValues({ rows: 3, columns: 5, data: new Float32Array(15) })]).toEqual([0, 0, 0]);
  });

  test('do not depend on the matrices measured before', () => {
    const small = gaussian(37, 21, 1);
    const before = singularValues(small);
    singularValues(gaussian(300, 300, 2));
    expect(singularValues(small)).toEqual(before);
  });
});

describe('a spectrum', () => {
  const quantiles = [0.01, 0.1, 0.25, 0.5, 0.55, 0.75, 0.9, 0.99, 1];

  test('has its quantile q at sigma[ceil(q r) - 1] of the descending values', () => {
    const exact = Float64Array.from({ length: 100 }, (_, i) => 100 - i);
    const { values, frobenius } = spectrumOf(withSpectrum(100, 120, exact, 3), quantiles);
    const expected = [100, 91, 76, 51, 46, 26, 11, 2, 1];
    values.forEach((value, i) => {
      expect(value * frobenius).toBeCloseTo(expected[i], 8);
    });
  });

  test('has the same quantiles from bisection as from all values', () => {
    for (const n of [1, 2, 17, 100, 333]) {
      const matrix = gaussian(n, n + 10, n);
      const bisected = singularValueQuantiles(matrix, quantiles);
      const { values } = spectrumOf(matrix, quantiles);
      expect(largestError(bisected, values)).toBeLessThan(PROMISED);
    }
  });

  test('of the identity has full ranks and no outlier', () => {
    const found = spectrumOf(withSpectrum(64, 64, new Float64Array(64).fill(1), 1), [0.5]);
    expect(found.stableRank).toBeCloseTo(64, 9);
    expect(found.effectiveRank).toBeCloseTo(64, 9);
    expect(found.outlierShare).toBeCloseTo(1 / 64, 12);
    expect(found.frobenius).toBeCloseTo(8, 12);
    expect(found.values[0]).toBeCloseTo(1 / 8, 12);
  });

  test('of a rank-one matrix has ranks one and holds all in its outlier', () => {
    const found = spectrumOf(matrixOf(2, 3, [1, 2, 3, 2, 4, 6]), [0.5]);
    expect(found.stableRank).toBeCloseTo(1, 12);
    expect(found.effectiveRank).toBeCloseTo(1, 5); // the unresolved value is at most 1e-8 of the first
    expect(found.outlierShare).toBeCloseTo(1, 12);
    expect(found.frobenius).toBeCloseTo(Math.sqrt(70), 12);
  });

  test('of values 3 and 1 has effective rank exp of the entropy of 3/4 and 1/4', () => {
    const found = spectrumOf(matrixOf(2, 2, [3, 0, 0, 1]), [1]);
    expect(found.effectiveRank).toBeCloseTo(Math.exp(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25)), 12);
    expect(found.smallest).toBeCloseTo(1 / Math.sqrt(10), 14);
    expect(found.stableRank).toBeCloseTo(10 / 9, 14);
    expect(found.method).toBe('gram-tridiagonal-f64');
    expect(found.floor).toBe(1e-8);
  });

  test('of a zero matrix is all zeros, not NaN', () => {
    const found = spectrumOf({ rows: 4, columns: 3, data: new Float64Array(12) }, [0.5, 1]);
    const zeros = { frobenius: 0, spectral: 0, smallest: 0, values: [0, 0], stableRank: 0, effectiveRank: 0 };
    expect(found).toMatchObject({ ...zeros, outlierShare: 0 });
    expect(singularValueQuantiles({ rows: 4, columns: 3, data: new Float64Array(12) }, [0.5])).toEqual([0]);
  });

  test('is the same at every scale of the matrix', () => {
    const unit = spectrumOf(gaussian(30, 20, 1), [0.5]);
    for (const exponent of [-900, -40, 40, 900]) {
      const scaled = spectrumOf(gaussian(30, 20, 1, 2 ** exponent), [0.5]);
      expect(scaled).toEqual({ ...unit, frobenius: unit.frobenius * 2 ** exponent });
    }
  });
});

describe('refused with one sentence', () => {
  const four = new Float64Array(4);
  test.each<[string, Matrix, string]>([
    ['NaN', matrixOf(2, 2, [1, 2, Number.NaN, 4]), 'singular values: entry (1, 0) is NaN; every entry must be finite'],
    [
      'infinity',
      matrixOf(2, 2, [1, Number.NEGATIVE_INFINITY, 3, 4]),
      'singular values: entry (0, 1) is -Infinity; every entry must be finite',
    ],
    ['a wrong length', { rows: 2, columns: 3, data: four }, 'singular values: a 2 x 3 matrix has 6 entries, got 4'],
    [
      'no rows',
      { rows: 0, columns: 4, data: new Float64Array(0) },
      'singular values: rows and columns must be positive integers, got 0 x 4',
    ],
    [
      'a norm beyond the largest double',
      { rows: 2, columns: 2, data: four.map(() => 1.7e308) },
      'singular values: the Frobenius norm exceeds the largest double; divide the matrix by a constant',
    ],
  ])('%s', (_, matrix, message) => {
    expect(() => spectrumOf(matrix, [0.5])).toThrow(expect.objectContaining({ tag: 'DomainError', message }));
  });

  test('a quantile outside (0, 1]', () => {
    const message = 'spectrum: a quantile must lie in (0, 1], got 0';
    expect(() => spectrumOf(matrixOf(1, 1, [1]), [0])).toThrow(
      expect.objectContaining({ tag: 'DomainError', message }),
    );
  });
});
