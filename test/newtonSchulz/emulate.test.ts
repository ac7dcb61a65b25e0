import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import type { Matrix } from '../../src/linalg/matrix.ts';
import { alignments } from '../../src/newtonSchulz/alignment.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { emulate } from '../../src/newtonSchulz/emulate.ts';
import { orthogonalise } from '../../src/newtonSchulz/orthogonalise.ts';
import { REMEDIES } from '../../src/newtonSchulz/remedy.ts';
import { response } from '../../src/newtonSchulz/response.ts';
import { rounded } from '../../src/newtonSchulz/rounding.ts';
import { knownMatrix, logSpaced, outlierSpectrum } from './decompositions.ts';

function largestDifference(x: Matrix, y: Matrix): number {
  return Math.max(...Array.from(x.data, (value, i) => Math.abs(value - y.data[i])));
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;

describe('emulation', () => {
  test.each([
    [24, 40],
    [40, 24],
    [31, 31],
    [1, 6],
  ])('in float32 a %i x %i matrix comes out as in float64, to float32 rounding times the slope', (rows, columns) => {
    const { matrix } = knownMatrix(rows, columns, logSpaced(Math.min(rows, columns), 1, 0.05), 2);
    const schedule = scheduleOf('you5');
    const difference = largestDifference(emulate(matrix, schedule), orthogonalise(matrix, schedule));
    expect(difference).toBeLessThan(493 * 2 ** -24); // slope of you5 at 0, the error of an entry of norm 1
  });

  test.each(['bf16', 'fp16'] as const)('the result is representable in %s', (precision) => {
    const { matrix } = knownMatrix(16, 24, logSpaced(16, 1, 0.1), 3);
    const data = emulate(matrix, scheduleOf('jordan'), { precision }).data as Float32Array;
    expect(rounded(data, precision)).toEqual(data);
  });

  test('without small directions every precision gives the response of exact arithmetic', () => {
    const { matrix, decomposition } = knownMatrix(48, 64, logSpaced(48, 1, 0.1), 4);
    const exact = response(decomposition.sigma, scheduleOf('polar-express'));
    for (const precision of ['float32', 'tf32', 'fp16', 'bf16'] as const) {
      const kept = alignments(matrix, emulate(matrix, scheduleOf('polar-express'), { precision }), decomposition);
      expect(mean(kept) - mean(exact)).toBeCloseTo(0, 2);
    }
  });

  test('an outlier costs small directions in bf16 what it does not in float32', () => {
    const { matrix, decomposition } = knownMatrix(128, 128, outlierSpectrum(128, 0.98, 1e-3, 1e-5), 5);
    const schedule = scheduleOf('deepseek-v4');
    const kept = (precision: 'float32' | 'bf16'): number =>
      mean(alignments(matrix, emulate(matrix, schedule, { precision }), decomposition));
    expect(kept('float32')).toBeGreaterThan(0.96);
    expect(kept('bf16')).toBeLessThan(0.7);
  });

  test('deflation gives the removed direction exactly 1, square matrices included', () => {
    for (const seed of [1, 2, 3]) {
      const { matrix, decomposition } = knownMatrix(32, 32, outlierSpectrum(32, 0.98, 1e-2, 1e-3), seed);
      const kept = alignments(
        matrix,
        emulate(matrix, scheduleOf('deepseek-v4'), { precision: 'bf16', remedy: 'deflation' }),
        decomposition,
      );
      expect(kept[0]).toBeCloseTo(1, 2);
      expect(Math.min(...kept)).toBeGreaterThan(0.9);
    }
  });

  test.each(REMEDIES)('zero gives zero under remedy "%s"', (remedy) => {
    const zero = { rows: 3, columns: 4, data: new Float64Array(12) };
    const { data } = emulate(zero, scheduleOf('jordan'), { precision: 'bf16', remedy });
    expect(data.every((x) => x === 0)).toBe(true);
  });

  test('bad input is refused in one sentence', () => {
    const jordan = scheduleOf('jordan');
    const matrix = (data: number[], rows = 1, columns = data.length) => ({
      rows,
      columns,
      data: Float64Array.from(data),
    });
    expect(() => emulate(matrix([1, Number.NaN]), jordan)).toThrow(
      'emulation: entry 1 is NaN; every entry must be finite',
    );
    expect(() => emulate(matrix([1, 2], 2, 2), jordan)).toThrow('emulation: a 2 x 2 matrix needs 4 entries, got 2');
    expect(() => emulate(matrix([1, 2]), scheduleOf('aol'))).toThrow('expected a schedule with a Frobenius entry');
    const growing = { ...jordan, coefficients: Array(12).fill([9, 0, 0]) };
    expect(() => emulate(matrix([1, 2]), growing, { precision: 'fp16' })).toThrow(DomainError);
    expect(() => emulate(matrix([1, 2]), growing, { precision: 'fp16' })).toThrow('left the range of fp16');
  });
});

describe('alignment', () => {
  test('is 1 for the polar factor, and finds the decomposition itself if none is given', () => {
    const { matrix, decomposition } = knownMatrix(9, 6, logSpaced(6, 1, 0.01), 7);
    const polar = knownMatrix(9, 6, Array(6).fill(1), 7).matrix;
    const unit = { ...polar, data: polar.data.map((x) => x * Math.sqrt(6)) };
    for (const kept of [alignments(matrix, unit, decomposition), alignments(matrix, unit)])
      for (const value of kept) expect(value).toBeCloseTo(1, 12);
  });

  test('refuses two shapes', () => {
    const [wide, tall] = [knownMatrix(2, 3, [1, 0.5], 1).matrix, knownMatrix(3, 2, [1, 0.5], 1).matrix];
    expect(() => alignments(wide, tall)).toThrow('expected two matrices of one shape, got 2 x 3 and 3 x 2');
  });
});
