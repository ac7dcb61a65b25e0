import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rounded, SIGNIFICANT_BITS } from '../../src/newtonSchulz/rounding.ts';
import type { NsPrecision } from '../../src/newtonSchulz/schedule.ts';

const round = (x: number, precision: NsPrecision): number => rounded(Float32Array.of(x), precision)[0];
const PRECISIONS: readonly NsPrecision[] = ['float32', 'tf32', 'fp16', 'bf16'];
const normal = fc.float({ min: Math.fround(6.2e-5), max: 60000, noNaN: true });

describe('rounding', () => {
  test('a tie goes to the even neighbour', () => {
    expect(round(1 + 2 ** -8, 'bf16')).toBe(1);
    expect(round(1 + 3 * 2 ** -8, 'bf16')).toBe(1 + 2 ** -6);
    expect([round(1 + 2 ** -11, 'fp16'), round(1 + 2 ** -11, 'tf32')]).toEqual([1, 1]);
    expect([round(-1 - 3 * 2 ** -11, 'fp16'), round(-1 - 3 * 2 ** -11, 'tf32')]).toEqual([-1 - 2 ** -9, -1 - 2 ** -9]);
  });

  test('fp16 has a fixed spacing below 2^-14 and ends at 65504', () => {
    expect(round(2 ** -25, 'fp16')).toBe(0);
    expect(round(1.1 * 2 ** -25, 'fp16')).toBe(2 ** -24);
    expect(round(2 ** -14 + 2 ** -26, 'fp16')).toBe(2 ** -14);
    expect(round(65519, 'fp16')).toBe(65504);
    expect(round(-65520, 'fp16')).toBe(Number.NEGATIVE_INFINITY);
  });

  test('bf16 and tf32 keep the range of float32', () => {
    for (const x of [3e38, 1.2e-38]) expect(Math.abs(round(x, 'bf16') / x - 1)).toBeLessThan(2 ** -8);
    expect(round(1e38, 'tf32') / 1e38).toBeCloseTo(1, 3);
  });

  test.each(PRECISIONS)(
    '%s errs by at most half a unit in the last of its bits, and rounding twice changes nothing',
    (precision) => {
      fc.assert(
        fc.property(normal, (x) => {
          const once = round(x, precision);
          expect(Math.abs(once / Math.fround(x) - 1)).toBeLessThanOrEqual(2 ** -SIGNIFICANT_BITS[precision]);
          expect(round(once, precision)).toBe(once);
        }),
        { seed: 11, numRuns: 400 },
      );
    },
  );

  test('fp16 keeps every fp16 number', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [exponent, mantissa] = [bits >> 10, bits & 1023];
      const x = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
      if (round(x, 'fp16') !== x) throw new Error(`fp16 ${x} became ${round(x, 'fp16')}`);
    }
  });
});
