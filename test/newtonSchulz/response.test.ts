import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueNames, longestSchedule, scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { products } from '../../src/newtonSchulz/cost.ts';
import {
  arrivedRange,
  composeSlope,
  firstReaching,
  output,
  outputOf,
  outputRange,
  outputRangeOf,
  response,
  thresholds,
} from '../../src/newtonSchulz/response.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';

/** Products, slope at zero and the sigma of outputs 0.1, 0.5, 0.7, 0.9, to the digits printed. */
const PRINTED: readonly (readonly [string, number, number, string, readonly string[]])[] = [
  ['textbook', 5, 15, '32.0', ['3.13e-3', '1.68e-2', '2.56e-2', '4.00e-2']],
  ['jordan', 5, 15, '484.9', ['2.07e-4', '1.07e-3', '1.55e-3', '2.13e-3']],
  ['you5', 5, 15, '492.7', ['2.03e-4', '1.06e-3', '1.55e-3', '2.16e-3']],
  ['jordan', 6, 18, '1670', ['6.0e-5', '3.1e-4', '4.5e-4', '6.2e-4']],
  ['polar-express', 5, 15, '976', ['1.03e-4', '5.3e-4', '7.8e-4', '1.09e-3']],
  ['cans', 5, 15, '1049', ['9.6e-5', '5.0e-4', '7.3e-4', '1.0e-3']],
  ['deepseek-v4', 10, 30, '79263', ['1.26e-6', '6.8e-6', '1.0e-5', '1.6e-5']],
  ['cubic5', 5, 10, '119.3', ['8.4e-4', '4.3e-3', '6.2e-3', '8.4e-3']],
];

const everySchedule: readonly NsSchedule[] = catalogueNames().flatMap((name) =>
  Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1)),
);
const anySchedule = fc.constantFrom(...everySchedule);

describe('functions of one schedule', () => {
  test('give the same numbers as output and outputRange', () => {
    const sigma = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(anySchedule, sigma, sigma, (schedule, one, other) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(outputOf(schedule)(low)).toBe(output(low, schedule));
        expect(outputRangeOf(schedule)(low, high)).toEqual(outputRange(schedule, [low, high]));
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});

describe('the published table', () => {
  test.each(PRINTED)('%s x%i has %i products, slope %s and the printed thresholds', (name, steps, count, slope, s) => {
    const schedule = scheduleOf(name, steps);
    expect(products(schedule)).toBe(count);
    const decimals = slope.split('.')[1]?.length ?? 0;
    expect(composeSlope(schedule).toFixed(decimals)).toBe(slope);
    for (const [i, sigma] of Object.values(thresholds(schedule)).entries()) {
      const [mantissa, exponent] = s[i].split('e');
      const unit = 10 ** (Number(exponent) - (mantissa.length - 2));
      // Half a unit of the last digit printed; 9.548e-5 was rounded twice, to 9.55e-5 and 9.6e-5.
      expect(Math.abs(sigma! - Number(s[i]))).toBeLessThan(0.52 * unit);
    }
  });

  test('the aol schedule turns negative at 0.884', () => {
    const aol = scheduleOf('aol');
    expect(output(0.883, aol)).toBeGreaterThan(0);
    expect(output(0.884, aol)).toBeLessThan(0);
  });
});

describe('response', () => {
  test('equals the steps written out', () => {
    const sigma = 0.37;
    let s = sigma / 1.01;
    for (const [a, b, c] of scheduleOf('polar-express', 8).coefficients) s = a * s + b * s ** 3 + c * s ** 5;
    expect(response([sigma], scheduleOf('polar-express', 8))[0]).toBeCloseTo(s, 13);
  });

  test('maps 0 to 0 and keeps order and length', () => {
    const values = response(Float32Array.of(0, 0.5, 0.25), scheduleOf('textbook', 3));
    expect(values).toHaveLength(3);
    expect(values[0]).toBe(0);
    expect(values[1]).toBeGreaterThan(values[2]);
  });

  test('the slope at zero is the limit of output over sigma', () => {
    for (const schedule of everySchedule)
      expect(output(1e-12, schedule) / 1e-12 / composeSlope(schedule)).toBeCloseTo(1, 9);
  });

  test('refuses negative and non-finite singular values', () => {
    const jordan = scheduleOf('jordan');
    expect(() => response([0.1, -0.1], jordan)).toThrow('a singular value must be at least 0, got -0.1');
    expect(() => response([Number.NaN], jordan)).toThrow('entry 0 is NaN');
  });
});

describe('thresholds', () => {
  test('nothing below the threshold reaches the level, and the threshold does', () => {
    fc.assert(
      fc.property(anySchedule, fc.double({ min: 0.01, max: 1.2, noNaN: true }), (schedule, level) => {
        const first = firstReaching(level, schedule);
        const [, highest] = outputRange(schedule, [0, 1]);
        if (first === null) {
          expect(highest).toBeLessThan(level * (1 + 1e-12));
          return;
        }
        expect(output(first, schedule)).toBeCloseTo(level, 9);
        expect(outputRange(schedule, [0, first * (1 - 1e-9)])[1]).toBeLessThanOrEqual(level);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('a level above every output has no threshold', () => {
    expect(firstReaching(1.3, scheduleOf('jordan'))).toBeNull();
    expect(() => firstReaching(0, scheduleOf('jordan'))).toThrow('level must be positive, got 0');
  });

  test('a composition that reaches a level only from below zero is still followed', () => {
    const entry = { normalisation: 'frobenius', scale: 1, epsilon: 0 } as const;
    const turned: NsSchedule = {
      name: 'turned',
      source: 'test',
      precision: 'float32',
      entry,
      coefficients: [
        [-1, 0, 0],
        [-0.5, 0, 0],
      ],
    };
    expect(firstReaching(0.25, turned)).toBeCloseTo(0.5, 15);
    expect(firstReaching(0.51, turned)).toBeNull();
  });
});

describe('output ranges', () => {
  test('are attained: a dense grid comes within 1e-3 of both ends and never leaves them', () => {
    for (const schedule of everySchedule) {
      const [low, high] = outputRange(schedule, [0.001, 1]);
      const grid = response(
        Array.from({ length: 20_001 }, (_, i) => 10 ** ((i / 20_000 - 1) * 3)),
        schedule,
      );
      const lowest = grid.reduce((least, x) => Math.min(least, x));
      const highest = grid.reduce((most, x) => Math.max(most, x));
      expect(lowest).toBeGreaterThanOrEqual(low - 1e-12);
      expect(highest).toBeLessThanOrEqual(high + 1e-12);
      expect(lowest - low).toBeLessThan(1e-3);
      expect(high - highest).toBeLessThan(1e-3);
    }
  });

  test('jordan comes back to 0.68 after it has passed 0.9, textbook does not come back', () => {
    expect(arrivedRange(scheduleOf('jordan', 5))?.[0]).toBeCloseTo(0.682, 3);
    expect(arrivedRange(scheduleOf('jordan', 5))?.[1]).toBeCloseTo(1.202, 3);
    expect(arrivedRange(scheduleOf('textbook', 5))?.[0]).toBeCloseTo(0.9, 12);
  });

  test('a schedule that never reaches 0.9 has no arrived range', () => {
    const half = { ...scheduleOf('textbook', 1), coefficients: [[0.5, 0, 0]] as const };
    expect(arrivedRange(half)).toBeNull();
  });

  test('refuse a range that is not one', () => {
    expect(() => outputRange(scheduleOf('jordan'), [0.5, 0.1])).toThrow('expected 0 <= low <= high, got [0.5, 0.1]');
  });
});
