import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogueNames, longestSchedule, scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { evaluate } from '../../src/newtonSchulz/oddPolynomial.ts';
import { outputExtremes } from '../../src/newtonSchulz/outputExtremes.ts';
import { outputRangeWithRoom } from '../../src/newtonSchulz/response.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';

/** Schedules whose input needs no scaling, none so unstable that 1.01 overflows. */
const schedules: readonly NsSchedule[] = catalogueNames()
  .filter((name) => !['polar-express', 'cans'].includes(name))
  .flatMap((name) => Array.from({ length: longestSchedule(name) }, (_, k) => scheduleOf(name, k + 1)));
const anySchedule = fc.constantFrom(...schedules);
const positive = fc.constantFrom(...schedules.filter(({ name }) => !/aol|cubic5/.test(name)));
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const room = fc.constantFrom(1, 1.01);

describe('extremes of a composition', () => {
  test('hold the smallest and the largest output over an interval', () => {
    fc.assert(
      fc.property(anySchedule, unit, unit, room, (schedule, one, other, most) => {
        const range = [Math.min(one, other), Math.max(one, other)] as const;
        const values = outputExtremes(schedule.coefficients, range, most).map(({ value }) => value);
        const [low, high] = outputRangeWithRoom(schedule, range, most);
        expect(Math.max(...values)).toBeCloseTo(high, 10);
        expect(Math.min(...values)).toBeCloseTo(low, 10);
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  test('are what their path through the steps gives, and at most 2 + 2k, with room 2 + 3k', () => {
    fc.assert(
      fc.property(positive, room, ({ coefficients }, most) => {
        const extremes = outputExtremes(coefficients, [0, 1], most);
        expect(extremes.length).toBeLessThanOrEqual(2 + (most === 1 ? 2 : 3) * coefficients.length);
        for (const { value, from, input, grows } of extremes) {
          let s = input;
          for (let k = from; k < coefficients.length; k++)
            s = evaluate(coefficients[k]!, grows & (1 << k) ? s * most : s);
          expect(s).toBe(value);
        }
      }),
      { seed: 22, numRuns: 100 },
    );
  });

  test('any growth up to the room stays between them', () => {
    fc.assert(
      fc.property(anySchedule, unit, fc.array(unit, { minLength: 10, maxLength: 10 }), (schedule, s, growths) => {
        const [low, high] = outputRangeWithRoom(schedule, [0, 1], 1.01);
        const out = schedule.coefficients.reduce((x, step, k) => evaluate(step, x * (1 + 0.01 * growths[k]!)), s);
        expect(out).toBeGreaterThanOrEqual(low - 1e-9);
        expect(out).toBeLessThanOrEqual(high + 1e-9);
      }),
      { seed: 23, numRuns: 500 },
    );
  });
});
