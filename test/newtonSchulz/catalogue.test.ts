import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import {
  CATALOGUE,
  catalogueEntry,
  catalogueNames,
  longestSchedule,
  scheduleOf,
} from '../../src/newtonSchulz/catalogue.ts';
import { flops, products, trainingShare } from '../../src/newtonSchulz/cost.ts';
import { nsDocument } from '../../src/newtonSchulz/document.ts';
import { orthogonalise } from '../../src/newtonSchulz/orthogonalise.ts';
import { remedyCost } from '../../src/newtonSchulz/remedy.ts';
import { knownMatrix, logSpaced } from './decompositions.ts';
import { gramIteration } from './gramIteration.ts';
import { PRINTED_COEFFICIENTS } from './printedCoefficients.ts';

describe('catalogue', () => {
  test('names nine schedules in a fixed order', () => {
    expect(catalogueNames()).toEqual([
      'jordan',
      'you5',
      'you6',
      'polar-express',
      'cans',
      'deepseek-v4',
      'cubic5',
      'textbook',
      'aol',
    ]);
  });

  test.each(PRINTED_COEFFICIENTS)('%s holds every printed digit of its source', (name, divisor, steps) => {
    expect(catalogueEntry(name).published).toEqual(
      steps.map((step) => step.split(' ').map((digits) => Number(digits) / divisor)),
    );
  });

  test('says of every schedule its source, what is folded in, the entry and the epsilon', () => {
    expect(PRINTED_COEFFICIENTS.map(([name]) => name)).toEqual(catalogueNames());
    for (const { source, foldedIn, entry } of CATALOGUE) {
      expect(source).toMatch(/arXiv:|\d{4}|You Jiacheng|DeepSeek/);
      expect(foldedIn).not.toBe('');
      expect(entry.epsilon).toBe(1e-7);
    }
    const special = CATALOGUE.filter(({ entry }) => entry.normalisation !== 'frobenius' || entry.scale !== 1);
    expect(special.map(({ name, entry }) => [name, entry.normalisation, entry.scale])).toEqual([
      ['polar-express', 'frobenius', 1.01],
      ['aol', 'aol', 1],
    ]);
  });

  test('an unknown name lists the known ones', () => {
    expect(() => scheduleOf('jordon', 5)).toThrow(UsageError);
    expect(() => scheduleOf('jordon', 5)).toThrow(
      '"jordon" is not known; use one of jordan, you5, you6, polar-express, cans, deepseek-v4, cubic5, textbook, aol',
    );
  });

  test('steps outside a schedule are refused with its range', () => {
    expect(() => scheduleOf('jordan', 11)).toThrow('jordan has 1 to 10 steps, got 11');
    expect(() => scheduleOf('jordan', 0)).toThrow('jordan has 1 to 10 steps, got 0');
    expect(() => scheduleOf('cans', 2.5)).toThrow('cans has 1 to 10 steps, got 2.5');
    expect(() => scheduleOf('you5', 6)).toThrow('you5 has 1 to 5 steps, got 6');
  });

  test('fewer steps take the first ones, more repeat the last where the source says so', () => {
    const cans = CATALOGUE.find((entry) => entry.name === 'cans')!.published;
    expect(scheduleOf('cans', 2).coefficients).toEqual(cans.slice(0, 2));
    expect(scheduleOf('cans', 7).coefficients).toEqual([...cans, cans[4], cans[4]]);
    expect(scheduleOf('deepseek-v4', 8).coefficients).toEqual(scheduleOf('jordan', 8).coefficients);
  });

  test('polar-express divides the input of every step but the last by 1.01', () => {
    const { coefficients, entry } = scheduleOf('polar-express', 8);
    const { published } = CATALOGUE.find(({ name }) => name === 'polar-express')!;
    const s = 0.5;
    for (const [k, [a, b, c]] of published.entries()) {
      const t = k === 7 ? s : s / 1.01;
      const [fa, fb, fc] = coefficients[k];
      expect(fa * s + fb * s ** 3 + fc * s ** 5).toBeCloseTo(a * t + b * t ** 3 + c * t ** 5, 14);
    }
    expect(entry).toEqual({ normalisation: 'frobenius', scale: 1.01, epsilon: 1e-7 });
  });

  test('a schedule carries its name, steps and precision', () => {
    const schedule = scheduleOf('you6', undefined, { precision: 'bf16' });
    expect([schedule.name, schedule.precision]).toEqual(['you6 x6', 'bf16']);
    expect(schedule.coefficients[0]).toEqual([3955 / 1024, -8306 / 1024, 5008 / 1024]);
  });
});

describe('cost', () => {
  test('a quintic step is 4 m^2 n + 2 m^3 flops and three products, a cubic one 4 m^2 n and two', () => {
    expect(flops(scheduleOf('jordan', 1), 2, 3)).toBe(4 * 4 * 3 + 2 * 8);
    expect(flops(scheduleOf('cubic5', 1), 2, 3)).toBe(4 * 4 * 3);
    expect([products(scheduleOf('jordan', 4)), products(scheduleOf('cubic5', 4))]).toEqual([12, 8]);
  });

  test('does not depend on which way the matrix lies', () => {
    expect(flops(scheduleOf('you5'), 64, 256)).toBe(flops(scheduleOf('you5'), 256, 64));
  });

  test('symmetric kernels halve the Gram matrix and its square', () => {
    expect(flops(scheduleOf('jordan', 1), 2, 3, { kernels: 'symmetric' })).toBe(3 * 4 * 3 + 8);
    expect(flops(scheduleOf('cubic5', 1), 2, 3, { kernels: 'symmetric' })).toBe(3 * 4 * 3);
  });

  test.each(['jordan', 'cubic5', 'you5'])(
    'the Gram iteration gives the same matrix at the stated flops: %s',
    (name) => {
      for (const steps of [1, 2, 3, 5]) {
        const { matrix } = knownMatrix(6, 9, logSpaced(6, 1, 0.02), 3);
        const schedule = scheduleOf(name, steps);
        const counted = gramIteration(matrix, schedule);
        orthogonalise(matrix, schedule).data.forEach((x, i) => {
          expect(counted.data[i]).toBeCloseTo(x, 6);
        });
        expect(counted.flops).toBe(flops(schedule, 6, 9, { method: 'gram' }));
      }
    },
  );

  test('the Gram iteration pays off for wide matrices only', () => {
    const share = (columns: number): number =>
      flops(scheduleOf('jordan'), 512, columns, { method: 'gram' }) / flops(scheduleOf('jordan'), 512, columns);
    expect(share(512)).toBeGreaterThan(1);
    expect(share(2048)).toBeLessThan(0.7);
    expect(flops(scheduleOf('jordan'), 512, 2048, { method: 'gram' })).toBe(8 * 512 ** 2 * 2048 + 28 * 512 ** 3);
  });

  test('share of training: five quintics on a square matrix take 30 m^3 flops against 6 m^2 a token', () => {
    const m = 2560;
    expect(trainingShare(flops(scheduleOf('jordan', 5), m, m), m * m, 2 ** 19)).toBeCloseTo((5 * m) / 2 ** 19, 14);
    expect(() => trainingShare(1, 1, 0)).toThrow('tokens must be a positive finite number, got 0');
  });

  test('remedies: deflation adds products with vectors, a float32 first step moves flops to float32', () => {
    const jordan = scheduleOf('jordan');
    expect(remedyCost('deflation', jordan, 2, 3)).toEqual({ products: 0, flops: 20 * 6, float32Flops: 0 });
    expect(remedyCost('float32 first step', jordan, 3, 2).float32Flops).toBe(flops(scheduleOf('jordan', 1), 2, 3));
    for (const remedy of ['none', 'float32 iterate', 'tight entry'] as const)
      expect(remedyCost(remedy, jordan, 2, 3)).toEqual({ products: 0, flops: 0, float32Flops: 0 });
  });

  test('refuses an impossible shape', () => {
    expect(() => flops(scheduleOf('you5'), 0, 4)).toThrow('rows must be an integer of at least 1, got 0');
  });
});

describe('ns document', () => {
  test('holds every field of schema muonscope.ns/1, computed', () => {
    const { schema, schedules } = nsDocument([scheduleOf('jordan', 5)]);
    expect(schema).toBe('muonscope.ns/1');
    expect(schedules[0].name).toBe('jordan x5');
    expect(schedules[0].products).toBe(15);
    expect(schedules[0].slopeAtZero).toBeCloseTo(3.4445 ** 5, 9);
    expect(Object.keys(schedules[0].thresholds)).toEqual(['0.1', '0.5', '0.7', '0.9']);
    expect(schedules[0].range).toHaveLength(2);
    expect(JSON.parse(JSON.stringify({ schema, schedules }))).toEqual({ schema, schedules });
  });

  test('every catalogue schedule of usual length reaches 0.9', () => {
    for (const record of nsDocument(catalogueNames().map((name) => scheduleOf(name))).schedules) {
      expect(record.thresholds['0.9']).toBeGreaterThan(0);
      expect(longestSchedule(record.name.split(' ')[0])).toBeGreaterThanOrEqual(record.coefficients.length);
    }
  });
});
