import { describe, expect, test } from 'vitest';
import { exactPosition, expectedAt, valueAt } from '../../src/workflows/randomLevels.ts';
import { limitQuantile } from '../../src/workflows/randomLimit.ts';

const SQUARE = { rows: 128, columns: 128, excessKurtosis: 0 };
const LONG = { rows: 128, columns: 512, excessKurtosis: 0 };

describe('the position of an exact level', () => {
  test('is q r + 1/2 + surplus: near the edges a quarter of a value more, or less', () => {
    const large = { rows: 1e8, columns: 1e8, excessKurtosis: 0 };
    expect(exactPosition(2e-8, large)).toBeCloseTo(2 + 0.5 + 0.25, 2);
    expect(exactPosition(1 - 3e-8, large)).toBeCloseTo(1e8 - 3 + 0.5 - 0.25, 2);
  });

  // theta = pi - 0.157 at q = 0.9, since 10 % of the quarter circle lie below s = 0.157; 115.7 - 0.225.
  test('at q = 0.9 of a square matrix is 0.225 values before that of the rounded quantile', () => {
    expect(exactPosition(0.9, SQUARE)).toBeCloseTo(115.475, 2);
  });

  test('is not known within two values of 0, where theory fails, but is beside a lower edge that is not 0', () => {
    expect(exactPosition(0.99, SQUARE)).toBeNull(); // 126.97 of 128
    expect(exactPosition(0.99, { ...SQUARE, columns: 150 })).toBeNull();
    expect(exactPosition(0.99, LONG)).toBeCloseTo(127.0, 1);
    expect(exactPosition(0.99, { ...SQUARE, rows: 256, columns: 256 })).toBeCloseTo(253.69, 2);
  });

  test('is known only inside the spectrum, with a finite kurtosis and a small surplus', () => {
    expect(exactPosition(0.99, { ...SQUARE, rows: 16, columns: 16 })).toBeNull();
    expect(exactPosition(0.01, { ...SQUARE, rows: 16, columns: 16 })).toBeNull();
    expect(exactPosition(0.5, { ...SQUARE, excessKurtosis: Number.POSITIVE_INFINITY })).toBeNull();
    expect(exactPosition(0.5, { ...SQUARE, excessKurtosis: 60 })).not.toBeNull();
    expect(exactPosition(0.5, { ...SQUARE, excessKurtosis: 200 })).toBeNull();
  });
});

describe('the value that theory gives a position', () => {
  test.each([SQUARE, LONG])('inverts the exact position, for %o', (shape) => {
    for (const q of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const position = exactPosition(q, shape)!;
      // The surplus is taken at (k - 1/2) / r here and at q there: a second-order difference.
      expect(expectedAt(position - 1, shape) / limitQuantile(q, shape)).toBeCloseTo(1, 3);
    }
  });

  test('leaves the surplus out where it is not known', () => {
    const heavy = { ...SQUARE, excessKurtosis: Number.POSITIVE_INFINITY };
    expect(expectedAt(63, heavy)).toBe(limitQuantile(63.5 / 128, SQUARE));
  });

  test('stays within the law at the ends', () => {
    expect(expectedAt(0, SQUARE)).toBeLessThanOrEqual(2 / Math.sqrt(128));
    expect(expectedAt(127, SQUARE)).toBeGreaterThanOrEqual(0);
    expect(expectedAt(127, LONG)).toBeGreaterThanOrEqual(0.5 / Math.sqrt(128));
  });
});

test('a value between two positions is between their values in proportion', () => {
  expect([1, 1.25, 2, 3].map((position) => valueAt(position, [8, 4, 1]))).toEqual([8, 7, 4, 1]);
});
