import { describe, expect, test } from 'vitest';
import { catalogueNames, longestSchedule, scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { inputsBelow } from '../../src/newtonSchulz/inputsBelow.ts';
import { firstReaching, output } from '../../src/newtonSchulz/response.ts';
import type { NsSchedule } from '../../src/newtonSchulz/schedule.ts';

const everySchedule: readonly NsSchedule[] = catalogueNames().flatMap((name) =>
  [1, 3, longestSchedule(name)].map((steps) => scheduleOf(name, steps)),
);
const grid = Array.from({ length: 4001 }, (_, i) => 10 ** (-7 + (7 * i) / 4000));

describe('the inputs a schedule leaves below a level', () => {
  test.each(everySchedule.map((schedule) => [schedule.name, schedule] as const))(
    'are exactly those whose output is below it: %s',
    (_, schedule) => {
      // 1 is left out: outputs of long schedules differ from it by rounding only.
      for (const level of [0.1, 0.6, 0.75, 0.97]) {
        const intervals = inputsBelow(level, schedule);
        const edges = intervals.flat();
        const wrong = grid.filter((sigma) => {
          // Within rounding of an edge either answer is right.
          if (edges.some((edge) => Math.abs(edge - sigma) < 1e-12)) return false;
          const inside = intervals.some(([low, high]) => low <= sigma && sigma <= high);
          return inside !== output(sigma, schedule) <= level;
        });
        expect(wrong).toEqual([]);
      }
    },
  );

  test('start at 0 and end at the first that reaches the level, where the output never comes back', () => {
    const schedule = scheduleOf('jordan', 5);
    const intervals = inputsBelow(0.6, schedule);
    expect(intervals).toHaveLength(1);
    expect(intervals[0]![0]).toBe(0);
    expect(intervals[0]![1]).toBeCloseTo(firstReaching(0.6, schedule)!, 14);
  });

  test('are several intervals where the output overshoots and comes back', () => {
    expect(inputsBelow(0.75, scheduleOf('jordan', 5)).length).toBeGreaterThan(1);
  });

  test('are none below the smallest output and all above the largest', () => {
    const schedule = scheduleOf('textbook', 5);
    expect(inputsBelow(-1, schedule)).toEqual([]);
    expect(inputsBelow(2, schedule)).toEqual([[0, 1]]);
  });

  test('need a finite level', () => {
    expect(() => inputsBelow(Number.NaN, scheduleOf('jordan', 5))).toThrow(
      'Newton-Schulz inputs: the level must be finite, got NaN',
    );
  });
});
