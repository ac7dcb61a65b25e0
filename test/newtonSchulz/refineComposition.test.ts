import { describe, expect, test } from 'vitest';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { designComposition } from '../../src/newtonSchulz/design.ts';
import { evaluate } from '../../src/newtonSchulz/oddPolynomial.ts';
import { type Limit, refineComposition, type Sample } from '../../src/newtonSchulz/refineComposition.ts';
import { outputRange } from '../../src/newtonSchulz/response.ts';
import type { NsCoefficients } from '../../src/newtonSchulz/schedule.ts';

const apply = (steps: readonly NsCoefficients[], s: number): number => steps.reduce((x, step) => evaluate(step, x), s);

const inputs = Array.from({ length: 60 }, (_, i) => 10 ** (-3 + (3 * i) / 59));
const wide: readonly Limit[] = [{ inputs: [0, 1], least: -10, most: 10 }];

describe('refinement of a composition', () => {
  test('finds the outputs of a schedule again from one that is near', () => {
    const wanted = scheduleOf('you5', 3).coefficients;
    const start = wanted.map(([a, b, c]): NsCoefficients => [1.02 * a, 1.01 * b, 0.99 * c]);
    const samples = inputs.map((input): Sample => ({ input, target: apply(wanted, input), weight: 1 / 60 }));
    const found = refineComposition(start, samples, wide, { iterations: 200, room: 1 });
    for (const { input, target } of samples) expect(apply(found, input)).toBeCloseTo(target, 4);
  });

  test('keeps a cubic a cubic', () => {
    const start: readonly NsCoefficients[] = [
      [2.5, -1.5, 0],
      [2, -1.5, 0.5],
    ];
    const samples = inputs.map((input): Sample => ({ input, target: 1, weight: 1 / 60 }));
    const found = refineComposition(start, samples, wide, { iterations: 20, room: 1 });
    expect(found[0]![2]).toBe(0);
    expect(found[1]![2]).not.toBe(0);
    expect(found).not.toEqual(start);
  });

  test('moves five quintics well away from the minimax composition, inside the limits', () => {
    const start = designComposition(1e-3, Array(5).fill('quintic'));
    const samples = [1e-3, 2e-3, 3e-3].map((input): Sample => ({ input, target: 1, weight: 1 / 3 }));
    const limits: readonly Limit[] = [{ inputs: [1e-3, 1], least: 0.35, most: 1.3 }];
    const loss = (steps: readonly NsCoefficients[]): number =>
      samples.reduce((sum, { input, weight }) => sum + weight * (apply(steps, input) - 1) ** 2, 0);
    const found = refineComposition(start.coefficients, samples, limits, { iterations: 60, room: 1 });
    expect(loss(found)).toBeLessThan(0.7 * loss(start.coefficients));
    const [low, high] = outputRange({ ...start, coefficients: found }, [1e-3, 1]);
    expect(low).toBeGreaterThan(0.34); // penalties are overstepped by about their pull over their stiffness
    expect(high).toBeLessThan(1.31);
  });

  test('gives back steps that blow up', () => {
    const start: readonly NsCoefficients[] = Array(9).fill([9, 9, 9]);
    expect(refineComposition(start, [{ input: 1, target: 1, weight: 1 }], wide, { iterations: 5, room: 1 })).toBe(
      start,
    );
  });
});
