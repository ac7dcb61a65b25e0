import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestPublished } from '../../src/newtonSchulz/bestPublished.ts';
import { products } from '../../src/newtonSchulz/cost.ts';
import { designComposition } from '../../src/newtonSchulz/design.ts';
import { designForSpectrum } from '../../src/newtonSchulz/designForSpectrum.ts';
import { evaluate } from '../../src/newtonSchulz/oddPolynomial.ts';
import type { QuantileSpectrum } from '../../src/newtonSchulz/quantileSpectrum.ts';
import { output, outputRange } from '../../src/newtonSchulz/response.ts';
import { type DesignObjective, designTarget, OBJECTIVES } from '../../src/newtonSchulz/spectrumObjective.ts';
import { forecastSpectrum } from '../../src/planner/forecastSpectrum.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const laws = publishedLaws();
const at300B = (role: string, depth: number): QuantileSpectrum =>
  forecastSpectrum(laws, { role, depth, params: 300e9 });
const finalO = at300B('attn.o', 1);

/** How many times better the design is than the best published schedule of the same cost. */
function advantage(spectrum: QuantileSpectrum, count: number, objective: DesignObjective): number {
  const design = designForSpectrum(spectrum, count, { objective });
  const target = designTarget(spectrum, design.schedule, { objective, quantile: 0.5, precision: 'float32' });
  const rival = bestPublished(target, count)!.value;
  return objective === 'distance' ? rival / design.value : design.value / rival;
}

const spectra: fc.Arbitrary<QuantileSpectrum> = fc
  .record({
    first: fc.double({ min: -3, max: -0.7, noNaN: true }),
    falls: fc.array(fc.double({ min: 0, max: 1.2, noNaN: true }), { minLength: 2, maxLength: 2 }),
    side: fc.integer({ min: 16, max: 4096 }),
  })
  .map(({ first, falls, side }) => ({
    quantiles: [0.1, 0.5, 0.9],
    values: [first, first - falls[0], first - falls[0] - falls[1]].map((x) => 10 ** x),
    rows: side,
    columns: side,
  }));

describe('design for a spectrum', () => {
  test.each<[DesignObjective, number, number]>([
    ['floor', 1.012, 1.7],
    ['distance', 1.04, 1e4],
    ['descent', 1.001, 1.17],
  ])(
    '"%s" beats every rival of five quintics on all 24 published forecasts at 300B, by %f to more than %f times',
    (objective, least, most) => {
      const advantages = laws.pooled.map(({ role, depth }) => advantage(at300B(role, depth), 15, objective));
      expect(advantages).toHaveLength(24);
      expect(Math.min(...advantages)).toBeGreaterThan(least);
      expect(Math.max(...advantages)).toBeGreaterThan(most);
    },
  );

  test.each<[DesignObjective, number, number]>([
    ['floor', 15, 1.6],
    ['floor', 21, 2.5],
    ['distance', 15, 1.3],
    ['distance', 21, 20],
    ['descent', 15, 1.1],
    ['descent', 21, 1.1],
  ])(
    '"%s" with %i products on the final O at 300B is %f times better than the best rival',
    (objective, count, factor) => {
      expect(advantage(finalO, count, objective)).toBeGreaterThan(factor);
    },
  );

  test('"floor" with seven quintics at 300B is the minimax composition, given room up to 1.01', () => {
    const design = designForSpectrum(finalO, 21);
    const reference = designComposition(finalO.values[2]! / 1.01, Array(7).fill('quintic'));
    const [low] = outputRange(reference, [finalO.values[2]! / 1.01, 1]);
    expect(design.value).toBeCloseTo(low, 12);
    expect(design.highest).toBeCloseTo(2 - low, 7); // errors of 1e-16 grow along the seven steps
  });

  test.each(OBJECTIVES)(
    '"%s" keeps outputs in [0, bound] on [0, 1.01] and never dips far, for any spectrum',
    (objective) => {
      fc.assert(
        fc.property(spectra, fc.integer({ min: 2, max: 18 }), fc.constantFrom(1.1, 1.3), (spectrum, count, bound) => {
          const { schedule, above, highest } = designForSpectrum(spectrum, count, { objective, bound });
          expect(products(schedule)).toBe(count);
          const outputs = Array.from({ length: 2000 }, (_, i) => output(1.01 * (i / 2000) ** 4, schedule));
          expect(Math.max(...outputs)).toBeLessThanOrEqual(highest + 1e-9);
          expect(highest).toBeLessThanOrEqual(bound);
          expect(Math.min(...outputs)).toBeGreaterThanOrEqual(0);
          const least = Math.min(0.7, output(spectrum.values[1]!, schedule));
          expect(above[0]).toBeGreaterThanOrEqual((objective === 'floor' ? 1 - 1e-9 : 0.5) * least);
        }),
        { seed: 5, numRuns: objective === 'floor' ? 60 : 12 },
      );
    },
  );

  test('in bf16 outputs stay in [0, bound] though rounding carries values up by 1 % before any step', () => {
    const growths = fc.array(fc.double({ min: 1, max: 1.01, noNaN: true }), { minLength: 9, maxLength: 9 });
    const designs = OBJECTIVES.flatMap((objective) =>
      [12, 15].map((count) => designForSpectrum(finalO, count, { objective, precision: 'bf16' })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...designs), fc.double({ min: 0, max: 1, noNaN: true }), growths, (design, s, by) => {
        const out = design.schedule.coefficients.reduce((x, step, k) => evaluate(step, x * by[k]!), s);
        expect(out).toBeGreaterThanOrEqual(0);
        expect(out).toBeLessThanOrEqual(design.bound);
      }),
      { seed: 8, numRuns: 2000 },
    );
  });

  test('more products never reduce the floor', () => {
    fc.assert(
      fc.property(spectra, fc.integer({ min: 1, max: 9 }), (spectrum, steps) => {
        const [fewer, more] = [3 * steps, 3 * steps + 3].map((count) => designForSpectrum(spectrum, count).value);
        expect(more).toBeGreaterThanOrEqual(fewer - 1e-12);
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  test('more steps never reduce the guaranteed output of a minimax composition', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: -1, noNaN: true }), fc.integer({ min: 1, max: 9 }), (exponent, steps) => {
        const lower = 10 ** exponent;
        const guaranteed = (count: number): number =>
          outputRange(designComposition(lower, Array(count).fill('quintic')), [lower, 1])[0];
        expect(guaranteed(steps + 1)).toBeGreaterThanOrEqual(guaranteed(steps) - 1e-12);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test('is deterministic, and says what it is', () => {
    const [once, again] = [1, 2].map(() => designForSpectrum(finalO, 14, { objective: 'descent', precision: 'bf16' }));
    expect(once).toEqual(again);
    expect(once!.schedule.name).toMatch(/^descent\(q=0.5\) x\d$/);
    expect([once!.schedule.precision, once!.products]).toEqual(['bf16', 14]);
  });

  test('bad input is refused in one sentence', () => {
    expect(() => designForSpectrum(finalO, 1)).toThrow(
      'the number of products must be an integer of at least 2, got 1',
    );
    expect(() => designForSpectrum(finalO, 31)).toThrow('design: the number of products must be at most 30, got 31');
    expect(() => designForSpectrum(finalO, 15, { bound: 1 })).toThrow('the bound on outputs must lie in (1, 2], got 1');
    expect(() => designForSpectrum(finalO, 15, { quantile: 0 })).toThrow('a quantile must lie in (0, 1], got 0');
    expect(() => designForSpectrum({ ...finalO, values: [0.1, 0.2, 0.1, 0.1, 0.1] }, 15)).toThrow(
      'values must descend',
    );
  });
});
