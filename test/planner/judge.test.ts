import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { emulate } from '../../src/newtonSchulz/emulate.ts';
import { outputRange, thresholds } from '../../src/newtonSchulz/response.ts';
import { candidateSchedules, parseSchedules } from '../../src/planner/candidates.ts';
import { createJudge, judge, MAX_OUTPUT } from '../../src/planner/judge.ts';
import { planSize } from '../../src/planner/planModel.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import { knownMatrix } from '../newtonSchulz/decompositions.ts';

describe('createJudge', () => {
  const schedules = [...candidateSchedules('float32'), ...candidateSchedules('bf16')];
  const judges = schedules.map(createJudge);

  test('gives what judge gives, at small and at large singular values', () => {
    const exponent = fc.double({ min: -7, max: 0, noNaN: true });
    const margin = fc.double({ min: 0, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(exponent, margin, margin, (x, below, above) => {
        const sigma = { value: 10 ** x, low: 10 ** (x - below), high: Math.min(1, 10 ** (x + above)) };
        for (const [i, schedule] of schedules.entries()) {
          const [fast, slow] = [judges[i]!.at(sigma), judge(schedule, sigma)];
          const pairs = [
            [fast.output.value, slow.output.value],
            [fast.output.low, slow.output.low],
            [fast.output.high, slow.output.high],
            [fast.above[0], slow.above[0]],
            [fast.above[1], slow.above[1]],
            [fast.worst, slow.worst],
            [fast.highest, slow.highest],
            [fast.reach, slow.reach],
            [judges[i]!.reach(sigma.value), slow.reach],
            [judges[i]!.output(sigma.value), slow.output.value],
          ];
          if (slow.highest > 10) expect(judges[i]!.reach(sigma.value)).toBe(0);
          else for (const [a = Number.NaN, b = Number.NaN] of pairs) expect(Math.abs(a - b)).toBeLessThan(1e-12);
        }
      }),
      { seed: 4, numRuns: 40 },
    );
  });
});

describe('missesBelow', () => {
  test('is the threshold of the floor where outputs rise', () => {
    const schedule = scheduleOf('jordan', 5);
    expect(createJudge(schedule).missesBelow(0.7)).toBeCloseTo(thresholds(schedule)['0.7'] ?? 0, 10);
  });

  test('leaves no forecast below it that meets the floor', () => {
    const floor = fc.double({ min: 0.05, max: 1, noNaN: true });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const judges = candidateSchedules('float32').map(createJudge);
    fc.assert(
      fc.property(floor, share, (wanted, below) => {
        for (const judge of judges) {
          const least = Math.min(1, judge.missesBelow(wanted));
          expect(judge.reach(least * below)).toBeLessThan(wanted);
        }
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});

describe('rounding carries singular values past 1', () => {
  const sigma = { value: 1e-3, low: 1e-3, high: 1e-3 };
  const inPrecision = (name: string, precision: 'float32' | 'bf16' | 'fp16' | 'tf32') =>
    judge(scheduleOf(name, 5, { precision }), sigma);

  test('in bf16 five steps of cans blow up a matrix of one direction, those of polar-express do not', () => {
    const outputs = (name: string): readonly number[] =>
      [1, 2, 3, 4, 5, 6].map((seed) => {
        const { matrix } = knownMatrix(24, 32, [1, ...Array<number>(23).fill(1e-6)], seed);
        return Math.hypot(...(emulate(matrix, scheduleOf(name, 5), { precision: 'bf16' }).data as Float32Array));
      });
    const norm = (name: string): number => Math.max(...outputs(name));
    expect(norm('cans')).toBeGreaterThan(100);
    expect(norm('polar-express')).toBeLessThan(2);
  });

  test('so below float32 a schedule must keep its bounds up to 1.01', () => {
    expect(inPrecision('cans', 'float32').reach).toBeGreaterThan(0.88);
    for (const precision of ['bf16', 'fp16', 'tf32'] as const) {
      expect(inPrecision('cans', precision).reach).toBe(0);
      expect(inPrecision('cubic5', precision).reach).toBe(0); // 1.01 comes out at -1.2
      expect(inPrecision('polar-express', precision).reach).toBeGreaterThan(0.8);
    }
  });

  test('and no plan in bf16 has one that does not', () => {
    const { layers, met } = planSize(publishedLaws(), 300e9, { precision: 'bf16' });
    expect(met).toBe(true);
    const schedules = new Map(layers.map(({ schedule }) => [schedule.name, schedule]));
    for (const schedule of schedules.values()) {
      const [lowest, highest] = outputRange({ ...schedule, source: '' }, [0, 1.01]);
      expect(lowest, schedule.name).toBeGreaterThanOrEqual(0);
      expect(highest, schedule.name).toBeLessThanOrEqual(MAX_OUTPUT);
    }
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
