import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueEntry, scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { designComposition, POLAR_EXPRESS_CUSHION, type StepKind } from '../../src/newtonSchulz/design.ts';
import { minimaxCubic, minimaxQuintic } from '../../src/newtonSchulz/minimax.ts';
import { criticalPoints, evaluate } from '../../src/newtonSchulz/oddPolynomial.ts';
import { outputRange } from '../../src/newtonSchulz/response.ts';
import type { NsCoefficients } from '../../src/newtonSchulz/schedule.ts';

const quintics = (count: number): readonly StepKind[] => Array<StepKind>(count).fill('quintic');
const lowerEnds = fc.double({ min: -9, max: 0, noNaN: true }).map((x) => 10 ** x);
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
  test('reproduces the Polar Express list', () => {
    const { published } = catalogueEntry('polar-express');
    const { coefficients } = designComposition(1e-3, quintics(8), { cushion: POLAR_EXPRESS_CUSHION });
    for (const [k, step] of coefficients.entries()) {
      // The seventh printed step was solved for at l / u = 0.999, where a linear system keeps eleven digits.
      expect(distance(step, published[k])).toBeLessThan(k === 6 ? 1e-10 : 1e-14);
    }
  });

  test('reproduces cans to its four decimals, with no cushion', () => {
    const { coefficients } = designComposition(1e-3, quintics(5));
    const { published } = catalogueEntry('cans');
    for (const [k, step] of coefficients.entries())
      for (const [i, x] of step.entries()) expect(Math.abs(x - published[k][i])).toBeLessThan(1.5e-4);
  });

  test.each([
    [1e-3, ['0.88655', '0.99908', '1.00000', '1.00000', '1.00000']],
    [2e-4, ['0.40602', '0.85048', '0.99790', '1.00000', '1.00000']],
    [5e-5, ['0.12815', '0.42428', '0.86507', '0.99846', '1.00000']],
    [1e-5, ['0.02747', '0.11050', '0.37802', '0.82581', '0.99666']],
  ])('guarantees at l = %d what 60-digit arithmetic finds for 5 to 9 steps', (lower, exact) => {
    const smallest = exact.map((_, i) => outputRange(designComposition(lower, quintics(5 + i)), [lower, 1])[0]);
    expect(smallest.map((x) => x.toFixed(5))).toEqual(exact);
  });

  test('is stable down to 1e-9, against 60-digit arithmetic', () => {
    const guarantee = (lower: number, steps: number): number =>
      outputRange(designComposition(lower, quintics(steps)), [lower, lower])[0];
    expect(guarantee(1e-9, 10)).toBeCloseTo(0.00390058058734, 13);
    expect(guarantee(1e-9, 16)).toBeCloseTo(0.999992376281, 11);
    expect(guarantee(1e-6, 10)).toBeCloseTo(0.9434321148, 9);
  });

  test('more steps never reduce the guarantee, and the range is centred on 1', () => {
    for (const lower of [1e-9, 1e-6, 1e-3, 0.1]) {
      let before = 0;
      for (let k = 1; k <= 10; k++) {
        const [low, high] = outputRange(designComposition(lower, quintics(k)), [lower, 1]);
        expect(low).toBeGreaterThanOrEqual(before - 1e-12);
        // Rounding errors at the upper end grow by |p'(u)|: 27 in the first step, at most 13.3 in every later one.
        expect(Math.abs(low + high - 2)).toBeLessThan(100 * 2.3e-16 * 13.3 ** k);
        before = low;
      }
    }
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
