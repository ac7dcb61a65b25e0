import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidateSchedules, parseSchedules } from '../../src/planner/candidates.ts';
import { createJudge, judge } from '../../src/planner/judge.ts';

describe('createJudge', () => {
  const schedules = candidateSchedules('float32');
  const judges = schedules.map(createJudge);

  test('gives what judge gives, at small and at large singular values', () => {
    const exponent = fc.double({ min: -7, max: 0, noNaN: true });
    const margin = fc.double({ min: 0, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(exponent, margin, margin, (x, below, above) => {
        const sigma = { value: 10 ** x, low: 10 ** (x - below), high: Math.min(1, 10 ** (x + above)) };
        for (const [i, schedule] of schedules.entries()) {
          const [fast, slow] = [judges[i]!(sigma), judge(schedule, sigma)];
          const pairs = [
            [fast.output.value, slow.output.value],
            [fast.output.low, slow.output.low],
            [fast.output.high, slow.output.high],
            [fast.above[0], slow.above[0]],
            [fast.above[1], slow.above[1]],
            [fast.worst, slow.worst],
            [fast.highest, slow.highest],
            [fast.reach, slow.reach],
          ];
          for (const [a = Number.NaN, b = Number.NaN] of pairs) expect(Math.abs(a - b)).toBeLessThan(1e-12);
        }
      }),
      { seed: 4, numRuns: 40 },
    );
  });
});

describe('parseSchedules', () => {
  const names = (text: string) => parseSchedules('--schedules', text, 'float32').map(({ name }) => name);

  test('takes all step counts of a name, or the one behind a colon', () => {
    expect(names('you5, polar-express:6')).toEqual([
      'you5 x1',
      'you5 x2',
      'you5 x3',
      'you5 x4',
      'you5 x5',
      'polar-express x6',
    ]);
    expect(names('jordan')).toHaveLength(10);
  });

  test('lists the known names for an unknown one, and the steps there are', () => {
    expect(() => names('jordan,newton')).toThrow('"newton" is not known; use one of jordan, you5, you6, polar-express');
    expect(() => names('you5:6')).toThrow('you5 has 1 to 5 steps, got 6');
    expect(() => names('jordan,')).toThrow(
      'expected names with or without steps such as jordan,polar-express:6, got ""',
    );
    expect(() => names('jordan:x')).toThrow('got "jordan:x"; known are jordan, you5');
  });
});
