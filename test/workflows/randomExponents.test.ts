import { describe, expect, test } from 'vitest';
import { studentFactor } from '../../src/base/studentT.ts';
import type { RandomSize } from '../../src/spectra/randomSpectra.ts';
import { fitQuantileExponents, fitSmallestExponent } from '../../src/workflows/randomExponents.ts';

/** value = 3 rows^slope at one quantile, with a relative standard error. */
function sizeOf(rows: number, slope: number, matrices: number, error: number): RandomSize {
  const value = 3 * rows ** slope;
  const single = matrices < 2;
  return {
    rows,
    columns: rows,
    matrices,
    quantiles: [0.5],
    values: [value],
    standardErrors: single ? null : [error * value],
    marchenkoPastur: [value],
    expected: [2 * rows ** (slope / 2)],
    exactValues: [value],
    exactStandardErrors: single ? null : [error * value],
    smallest: value / 10,
    smallestStandardError: single ? null : (error * value) / 10,
    afterNs: [],
  };
}

const SIZES = [100, 400, 1600];

describe('an exponent over sizes', () => {
  test('of an exact power is that power, with those of theory and of the smallest value', () => {
    const sizes = SIZES.map((rows) => sizeOf(rows, -0.5, 50, 0));
    const [fit] = fitQuantileExponents(sizes);
    expect(fit!.exponent).toBeCloseTo(-0.5, 12);
    expect(fit!.expected).toBeCloseTo(-0.25, 12);
    expect(fit!.exact!.exponent).toBeCloseTo(-0.5, 12);
    expect(fitSmallestExponent(sizes)!.exponent).toBeCloseTo(-0.5, 12);
    expect([fit!.low, fit!.high]).toEqual([fit!.exponent, fit!.exponent]);
  });

  // slope = (ln v3 - ln v1) / (2 ln 4): the middle size has no weight. Equal errors of 50 matrices: 2 x 49 degrees of freedom.
  test('has the interval that the standard errors of its values give', () => {
    const [fit] = fitQuantileExponents(SIZES.map((rows) => sizeOf(rows, -0.5, 50, 0.01)));
    const margin = (studentFactor(98) * Math.SQRT2 * 0.01) / (2 * Math.log(4));
    expect(fit!.high! - fit!.exponent).toBeCloseTo(margin, 10);
    expect(fit!.exponent - fit!.low!).toBeCloseTo(margin, 10);
  });

  test('has an interval with two sizes, none where a size has one matrix', () => {
    const two = SIZES.slice(0, 2);
    expect(fitQuantileExponents(two.map((rows) => sizeOf(rows, -0.5, 9, 0.01)))[0]!.low).not.toBeNull();
    const [fit] = fitQuantileExponents(two.map((rows) => sizeOf(rows, -0.5, rows === 100 ? 9 : 1, 0.01)));
    expect([fit!.low, fit!.high, fit!.exact!.low]).toEqual([null, null, null]);
    expect(fit!.exponent).toBeCloseTo(-0.5, 12);
  });

  test('is missing at exactly q where a size lacks the level, and altogether with one size or a zero', () => {
    const sizes = SIZES.map((rows) => sizeOf(rows, -0.5, 9, 0.01));
    const lacking = [{ ...sizes[0]!, exactValues: [null], exactStandardErrors: [null] }, ...sizes.slice(1)];
    expect(fitQuantileExponents(lacking)[0]).toMatchObject({ exact: null });
    expect(fitQuantileExponents(sizes.slice(0, 1))).toEqual([]);
    expect(fitQuantileExponents([{ ...sizes[0]!, values: [0] }, ...sizes.slice(1)])).toEqual([]);
    expect(fitSmallestExponent([{ ...sizes[0]!, smallest: 0 }, ...sizes.slice(1)])).toBeNull();
  });
});
