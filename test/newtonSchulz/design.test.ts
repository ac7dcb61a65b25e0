import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueEntry, scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { designComposition, POLAR_EXPRESS_CUSHION, type StepKind } from '../../src/newtonSchulz/design.ts';
import { minimaxCubic, minimaxQuintic } from '../../src/newtonSchulz/minimax.ts';
import { criticalPoints, evaluate } from '../../src/newtonSchulz/oddPolynomial.ts';
import { outputRange, outputRangeWithRoom } from '../../src/newtonSchulz/response.ts';
import type { NsCoefficients } from '../../src/newtonSchulz/schedule.ts';

const quintics = (count: number): readonly StepKind[] => Array<StepKind>(count).fill('quintic');
const lowerEnds = fc.double({ min: -9, max: 0, noNaN: true }).map((x) => 10 ** x);
/** l of [l, 1], log-uniform. */
const intervals = fc.double({ min: -9, max: Math.log10(0.9), noNaN: true }).map((x) => 10 ** x);
const orders = fc.array(fc.constantFrom<StepKind>('cubic', 'quintic'), { minLength: 1, maxLength: 10 });
const upperEnds = fc.double({ min: 0.5, max: 2, noNaN: true });

/** Largest relative difference of two steps' coefficients. */
function distance(found: NsCoefficients, wanted: NsCoefficients): number {
  return Math.max(...found.map((x, i) => Math.abs(x - wanted[i]) / Math.abs(wanted[i])));
}

describe('minimax quintic', () => {
  test('errs by -E, +E, -E, +E at the lower end, its two critical points and the upper end', () => {
    fc.assert(
      fc.property(lowerEnds, upperEnds, (ratio, u) => {
        const l = Math.min(ratio, 0.99) * u; // closer, the critical points drown in rounding
        const p = minimaxQuintic(l, u);
        const [q, r] = criticalPoints(p);
        const errors = [l, q, r, u].map((s, i) => (evaluate(p, s) - 1) * (i % 2 === 0 ? -1 : 1));
        expect([l, q, r, u]).toEqual([l, q, r, u].sort((x, y) => x - y));
        expect(Math.max(...errors) - Math.min(...errors)).toBeLessThan(1e-13);
      }),
      { seed: 4, numRuns: 300, examples: [[1e-9, 1]] },
    );
  });

  test('is the textbook limit 15/8, -10/8, 3/8 on a single point', () => {
    expect(distance(minimaxQuintic(2, 2), [15 / 16, -10 / 64, 3 / 256])).toBeLessThan(1e-14);
    expect(distance(minimaxQuintic(1 - 1e-9, 1), [1.875, -1.25, 0.375])).toBeLessThan(3e-9);
  });

  test('agrees with 60-digit arithmetic', () => {
    expect(distance(minimaxQuintic(0, 1), [8.514302273849527, -25.28175050489599, 18.76744823104647])).toBeLessThan(
      1e-14,
    );
  });
});

describe('minimax cubic', () => {
  test('errs by -E, +E, -E at the lower end, its critical point and the upper end', () => {
    fc.assert(
      fc.property(lowerEnds, upperEnds, (ratio, u) => {
        const p = minimaxCubic(ratio * u, u);
        const [q] = criticalPoints(p);
        const errors = [ratio * u, q, u].map((s, i) => (evaluate(p, s) - 1) * (i % 2 === 0 ? -1 : 1));
        expect(Math.max(...errors) - Math.min(...errors)).toBeLessThan(1e-13);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('refuses what is no interval', () => {
    expect(() => minimaxCubic(2, 1)).toThrow('expected 0 <= l <= u and u > 0, got [2, 1]');
    expect(() => minimaxQuintic(0, 0)).toThrow('expected 0 <= l <= u and u > 0, got [0, 0]');
    expect(() => minimaxQuintic(Number.NaN, 1)).toThrow('got [NaN, 1]');
  });
});

describe('composition', () => {
  test('reproduces cans to its four decimals, with no cushion', () => {
    const { coefficients } = designComposition(1e-3, quintics(5));
    const { published } = catalogueEntry('cans');
    for (const [k, step] of coefficients.entries())
      for (const [i, x] of step.entries()) expect(Math.abs(x - published[k][i])).toBeLessThan(1.5e-4);
  });

  test.each([
    [1e-3, [0.887, 0.999, 1, 1, 1]],
    [2e-4, [0.406, 0.851, 0.998, 1, 1]],
    [5e-5, [0.128, 0.424, 0.865, 0.999, 1]],
    [1e-5, [0.028, 0.111, 0.378, 0.826, 0.997]],
  ])('guarantees at l = %d the printed outputs of 5 to 9 steps', (lower, printed) => {
    for (const [i, shown] of printed.entries()) {
      const [low] = outputRange(designComposition(lower, quintics(5 + i)), [lower, 1]);
      // Half a unit of the last digit; four of the twenty were rounded twice: 0.02747 to 0.0275 to 0.028.
      expect(Math.abs(low - shown)).toBeLessThan(0.55e-3);
    }
  });

  test('is stable down to 1e-9, against 60-digit arithmetic', () => {
    const guarantee = (lower: number, steps: number): number =>
      outputRange(designComposition(lower, quintics(steps)), [lower, lower])[0];
    expect(guarantee(1e-9, 10)).toBeCloseTo(0.00390058058734, 13);
    expect(guarantee(1e-9, 16)).toBeCloseTo(0.999992376281, 11);
    expect(guarantee(1e-6, 10)).toBeCloseTo(0.9434321148, 9);
  });

  test('maps [l, 1] into [p(l), 2 - p(l)], for l down to 1e-9 and any order of up to ten cubics and quintics', () => {
    fc.assert(
      fc.property(intervals, orders, (lower, kinds) => {
        const designed = designComposition(lower, kinds);
        const [guaranteed] = outputRange(designed, [lower, lower]);
        const [low, high] = outputRange(designed, [lower, 1]);
        expect(designed.coefficients.flat().every(Number.isFinite)).toBe(true);
        expect(guaranteed).toBeGreaterThan(0);
        // Rounding errors at the upper end grow by |p'(u)|: 27 in the first step, at most 13.3 in every later one.
        const rounding = 100 * 2.3e-16 * 13.3 ** kinds.length;
        expect(low).toBeGreaterThanOrEqual(guaranteed - rounding);
        expect(Math.abs(low + high - 2)).toBeLessThan(2 * rounding);
      }),
      { seed: 12, numRuns: 500, examples: [[1e-9, Array(10).fill('quintic')]] },
    );
  });

  test('with a cushion maps [l, 1] between outputs equally far from 1', () => {
    fc.assert(
      fc.property(intervals, orders, (lower, kinds) => {
        const designed = designComposition(lower, kinds, { cushion: POLAR_EXPRESS_CUSHION });
        const [low, high] = outputRange(designed, [lower, 1]);
        expect(low).toBeGreaterThan(0);
        expect(Math.abs(low + high - 2)).toBeLessThan(200 * 2.3e-16 * 13.3 ** kinds.length);
      }),
      { seed: 13, numRuns: 300, examples: [[0.024073, ['cubic']]] },
    );
  });

  test('with safety has room for rounding upwards before every step but the last', () => {
    fc.assert(
      fc.property(intervals, orders, fc.constantFrom(0, POLAR_EXPRESS_CUSHION), (lower, kinds, cushion) => {
        const { coefficients, ...rest } = designComposition(lower, [...kinds, 'quintic'], { cushion, safety: 1.01 });
        const before = { ...rest, coefficients: coefficients.slice(0, -1) };
        const [guaranteed] = outputRange(before, [lower, lower]);
        const [low, high] = outputRangeWithRoom(before, [lower, 1], 1.01);
        const rounding = 200 * 2.3e-16 * 13.3 ** kinds.length;
        expect(low).toBeGreaterThanOrEqual(guaranteed - rounding);
        expect(high).toBeLessThanOrEqual(2 - guaranteed + rounding);
      }),
      { seed: 14, numRuns: 300 },
    );
  });

  test('one more step never reduces the guarantee, wherever it is put last', () => {
    fc.assert(
      fc.property(intervals, orders, fc.constantFrom<StepKind>('cubic', 'quintic'), (lower, kinds, more) => {
        const guaranteed = (steps: readonly StepKind[]): number =>
          outputRange(designComposition(lower, steps), [lower, lower])[0];
        expect(guaranteed([...kinds, more])).toBeGreaterThanOrEqual(guaranteed(kinds) * (1 - 1e-13));
      }),
      { seed: 14, numRuns: 500 },
    );
  });

  test('a quintic in place of a cubic never reduces the guarantee', () => {
    fc.assert(
      fc.property(intervals, orders, fc.nat(9), (lower, kinds, at) => {
        const guaranteed = (steps: readonly StepKind[]): number =>
          outputRange(designComposition(lower, steps), [lower, lower])[0];
        const better = kinds.map((kind, k): StepKind => (k === at % kinds.length ? 'quintic' : kind));
        expect(guaranteed(better)).toBeGreaterThanOrEqual(guaranteed(kinds) * (1 - 1e-13));
      }),
      { seed: 15, numRuns: 300 },
    );
  });

  test('beats every catalogue schedule of the same length on its own interval', () => {
    for (const [name, steps] of [
      ['jordan', 7],
      ['cans', 7],
      ['polar-express', 7],
    ] as const) {
      const [designed] = outputRange(designComposition(5e-5, quintics(steps)), [5e-5, 1]);
      expect(designed).toBeGreaterThan(outputRange(scheduleOf(name, steps), [5e-5, 1])[0] + 0.3);
    }
  });

  test('mixes cubic and quintic steps', () => {
    const { coefficients } = designComposition(1e-2, ['cubic', 'quintic', 'cubic']);
    expect(coefficients.map(([, , c]) => c === 0)).toEqual([true, false, true]);
    expect(coefficients[0]).toEqual(minimaxCubic(1e-2, 1));
  });

  test('folds safety into the coefficients or into the interval, which differ from the second step on', () => {
    const options = { cushion: POLAR_EXPRESS_CUSHION, safety: 1.01 };
    const afterwards = designComposition(1e-3, quintics(5), { ...options, safetyFoldedInto: 'coefficients' });
    const along = designComposition(1e-3, quintics(5), { ...options, safetyFoldedInto: 'interval' });
    const published = scheduleOf('polar-express', 5);
    for (const k of [0, 1, 2, 3, 4])
      expect(distance(afterwards.coefficients[k], published.coefficients[k])).toBeLessThan(1e-14);
    expect(distance(along.coefficients[0], afterwards.coefficients[0])).toBeLessThan(1e-15);
    expect(distance(along.coefficients[4], afterwards.coefficients[4])).toBeGreaterThan(1e-3);
  });

  test('refuses impossible designs', () => {
    expect(() => designComposition(0, quintics(5))).toThrow('must lie in (0, 1], got 0');
    expect(() => designComposition(0.1, [])).toThrow('at least one step is needed');
    expect(() => designComposition(0.1, quintics(1), { cushion: 1 })).toThrow('the cushion must lie in [0, 1), got 1');
    expect(() => designComposition(0.1, quintics(1), { safety: 0.9 })).toThrow(
      'the safety must lie in [1, 2), got 0.9',
    );
  });
});
