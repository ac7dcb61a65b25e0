import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { createRandom } from '../../src/base/random.ts';
import { criticalPoints, evaluate, image } from '../../src/newtonSchulz/oddPolynomial.ts';
import {
  designRepeatedTriple,
  equioscillatingTriple,
  repeat,
  type TripleLimits,
} from '../../src/newtonSchulz/repeatedTriple.ts';
import type { NsCoefficients } from '../../src/newtonSchulz/schedule.ts';

const JORDAN: NsCoefficients = [3.4445, -4.775, 2.0315];

/** Largest and smallest output of up to 100 repetitions, each raised by `rise` (just short of the 1 % at which the end touches its limit), over [0, 1.01]; smallest from the first maximum up. */
function extremes(triple: NsCoefficients, rise = 1.0099): { highest: number; lowest: number; negative: boolean } {
  const [peak = 1] = criticalPoints(triple);
  let [top, highest, negative] = [1.01, 0, false];
  for (let k = 0; k < 100; k++) {
    const [low, high] = image(triple, [0, top]);
    highest = Math.max(highest, high);
    negative ||= low < -1e-12;
    top = high * rise;
  }
  return { highest, negative, lowest: image(triple, [peak, Math.max(top, 1.01)])[0] };
}

describe('the equioscillating triple', () => {
  test('touches its limits at its maximum, at its minimum and 1 % beyond the upper one', () => {
    const triple = equioscillatingTriple(0.63, 1.35);
    const [u = 0, v = 0] = criticalPoints(triple);
    expect(evaluate(triple, u)).toBeCloseTo(1.35, 12);
    expect(evaluate(triple, v)).toBeCloseTo(0.63, 12);
    expect(evaluate(triple, 1.01 * 1.35)).toBeCloseTo(1.35, 12);
    expect(triple[0]).toBeCloseTo(3.7007, 4);
  });

  test('is steeper than the triple of Jordan within the limits of that', () => {
    const { lowest, highest } = extremes(JORDAN, 1);
    expect([lowest.toFixed(2), highest.toFixed(2)]).toEqual(['0.68', '1.20']);
    expect(equioscillatingTriple(lowest, highest)[0]).toBeGreaterThan(3.55);
  });

  test('stays in its limits after any of 100 repetitions, even if each is raised by 1 %', () => {
    const limits = fc.tuple(
      fc.double({ min: 0.05, max: 0.99, noNaN: true }),
      fc.double({ min: 1, max: 1.5, noNaN: true }),
    );
    fc.assert(
      fc.property(limits, ([lowest, highest]) => {
        const found = extremes(equioscillatingTriple(lowest, highest));
        expect(found.negative).toBe(false);
        expect(found.highest).toBeLessThanOrEqual(highest * (1 + 1e-12));
        expect(found.lowest).toBeGreaterThanOrEqual(lowest * (1 - 1e-9));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('no other triple within the limits is steeper', () => {
    const steepest = equioscillatingTriple(0.63, 1.35)[0];
    let tried = 0;
    for (const triple of randomTriples(20_000, 2)) {
      const { lowest, highest, negative } = extremes(triple);
      if (negative || lowest < 0.63 || highest > 1.35) continue;
      tried++;
      expect(triple[0]).toBeLessThan(steepest);
    }
    expect(tried).toBeGreaterThan(200);
  });

  test.each([
    [0, 1],
    [1, 1],
    [-0.5, 1],
    [Number.NaN, 1],
    [0.6, Number.POSITIVE_INFINITY],
  ])('does not exist for limits %d and %d', (lowest, highest) => {
    expect(() => equioscillatingTriple(lowest, highest)).toThrow(DomainError);
    expect(() => equioscillatingTriple(lowest, highest)).toThrow('expected 0 < lowest <= 0.999 highest');
  });
});

describe('the designed triple', () => {
  const limits = (sigma: number, floor = 0.7): TripleLimits => ({
    lowest: 0.63,
    highest: 1.35,
    floor,
    required: [sigma],
  });
  /** As many directions in each factor of e from `sigma` up, `reach` of them. */
  const directions = (sigma: number, reach: number) =>
    Array.from({ length: 24 }, (_, i) => ({
      input: Math.min(1, sigma * Math.exp((reach * (i + 0.5)) / 24)),
      weight: 1,
    }));
  const distance = (triple: NsCoefficients, steps: number, sigma: number, reach: number): number =>
    directions(sigma, reach).reduce((sum, { input }) => sum + (repeat(triple, input, steps) - 1) ** 2, 0) / 24;
  const fewest = (sigma: number): number => {
    const steps = Array.from({ length: 20 }, (_, k) => k + 1);
    return steps.find((k) => designRepeatedTriple(k, directions(sigma, 3), limits(sigma)) !== null) ?? Number.NaN;
  };

  test('needs no more steps than that of Jordan, fewer where those fall just short, and comes closer to 1', () => {
    for (const [sigma, jordan, designed] of [
      [1.4e-3, 6, 5],
      [1e-3, 6, 6],
      [3.8e-4, 7, 6],
      [1.1e-5, 10, 9],
    ] as const) {
      expect(repeat(JORDAN, sigma, jordan - 1)).toBeLessThan(0.7);
      expect(repeat(JORDAN, sigma, jordan)).toBeGreaterThan(0.7);
      expect(fewest(sigma)).toBe(designed);
      const same = designRepeatedTriple(jordan, directions(sigma, 3), limits(sigma))!;
      expect(same.distance).toBeLessThan(0.75 * distance(JORDAN, jordan, sigma, 3));
      expect(same.distance).toBeCloseTo(distance(same.coefficients, jordan, sigma, 3), 14);
    }
  });

  test('meets the floor and its limits for any spectrum and number of steps', () => {
    const cases = fc.record({
      sigma: fc.double({ min: -5, max: -1, noNaN: true }).map((x) => 10 ** x),
      reach: fc.double({ min: 0, max: 4, noNaN: true }),
      steps: fc.integer({ min: 1, max: 14 }),
      floor: fc.double({ min: 0.1, max: 0.95, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ sigma, reach, steps, floor }) => {
        const asked = { ...limits(sigma, floor), lowest: 0.9 * floor };
        const found = designRepeatedTriple(steps, directions(sigma, reach), asked);
        if (found === null) {
          // then not even the steepest gets there, unless it has passed its maximum on the way
          const out = repeat(equioscillatingTriple(asked.lowest, asked.highest), sigma, steps);
          expect(out < floor * (1 + 1e-4) || sigma * 2 ** steps > 0.05).toBe(true);
          return;
        }
        expect(repeat(found.coefficients, sigma, steps)).toBeGreaterThanOrEqual(floor);
        const { highest, lowest, negative } = extremes(found.coefficients);
        expect(negative).toBe(false);
        expect(highest).toBeLessThanOrEqual(1.35 + 1e-5); // coefficients have six decimals
        expect(lowest).toBeGreaterThanOrEqual(asked.lowest - 1e-5);
      }),
      { seed: 3, numRuns: 40 },
    );
  });

  test.each([
    [1e-3, 1],
    [3.8e-4, 3],
    [1e-4, 3],
    [1.1e-5, 1],
  ])('is as close to 1 as the best of all triples, by brute force: from %d over %d factors of e', (sigma, reach) => {
    const steps = fewest(sigma);
    const asked = limits(sigma);
    const designed = designRepeatedTriple(steps, directions(sigma, reach), asked)!;
    const worth = (triple: NsCoefficients): number => {
      if (repeat(triple, sigma, steps) < asked.floor) return Number.POSITIVE_INFINITY;
      const { lowest, highest, negative } = extremes(triple);
      if (negative || lowest < asked.lowest || highest > asked.highest) return Number.POSITIVE_INFINITY;
      return distance(triple, steps, sigma, reach);
    };
    const best = [...randomTriples(6000, 4)].reduce(
      (a, b) => (worth(b) < worth(a) ? b : a),
      equioscillatingTriple(asked.lowest, asked.highest),
    );
    const improved = improve(best, worth, 3000);
    expect(worth(improved)).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(designed.distance).toBeLessThan(1.01 * worth(improved));
  });

  test('does not exist where no triple is steep enough', () => {
    expect(designRepeatedTriple(4, directions(1e-4, 2), limits(1e-4))).toBeNull();
  });

  test('refuses directions without weight and steps that are none', () => {
    expect(() => designRepeatedTriple(5, [], limits(1e-3))).toThrow('expected directions of positive weight, got none');
    expect(() => designRepeatedTriple(0, directions(1e-3, 1), limits(1e-3))).toThrow('repeated triple: steps');
  });
});

/** Triples with a maximum of 1 to 1.35 at u and a minimum at v > u. */
function* randomTriples(count: number, seed: number): Generator<NsCoefficients> {
  const random = createRandom(seed);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [random.uniform(), random.uniform(), random.uniform()];
    yield withTurns(0.35 + 0.5 * x, 0.2 + 1.1 * y, 1 + 0.35 * z);
  }
}

/** p' = 5 c (s^2 - u^2) (s^2 - v^2), v = u (1 + gap), p(u) = top. */
function withTurns(u: number, gap: number, top: number): NsCoefficients {
  const v = u * (1 + gap);
  const c = top / (5 * u ** 3 * ((2 / 3) * v * v - (2 / 15) * u * u));
  return [5 * c * u * u * v * v, (-5 / 3) * c * (u * u + v * v), c];
}

/** A random walk that only goes down, with steps that shrink. */
function improve(start: NsCoefficients, worth: (triple: NsCoefficients) => number, tries: number): NsCoefficients {
  const random = createRandom(5);
  const [u = 0, v = 0] = criticalPoints(start);
  let [best, place, step] = [start, [u, v / u - 1, evaluate(start, u)], 0.03];
  for (let i = 0; i < tries; i++) {
    if (i % 300 === 299) step /= 1.8;
    const next = place.map((x) => x + step * (2 * random.uniform() - 1));
    const triple = withTurns(next[0]!, next[1]!, next[2]!);
    if (worth(triple) < worth(best)) [best, place] = [triple, next];
  }
  return best;
}
