import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/base/random.ts';
import { createDraws } from '../../src/scaling/bootstrap.ts';
import { fitLaw, type Measurement } from '../../src/scaling/fitLaw.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import type { Law } from '../../src/scaling/law.ts';
import { ladder, measurement, SIZES } from './ladders.ts';

const IDENTITY = { role: 'mlp.down', depth: 1, quantile: 0.5 };
const draws = createDraws(1);
const lawOf = (measurements: readonly Measurement[]): Law => fitLaw(IDENTITY, measurements, draws);

describe('fitLaw', () => {
  it('recovers an exact power law', () => {
    const law = lawOf(ladder(0.57));
    expect(law.exponent).toBeCloseTo(0.57, 12);
    expect(law.amplitude).toBeCloseTo(1, 10);
    expect(law.r2).toBeCloseTo(1, 12);
    expect(law.high - law.low).toBeLessThan(1e-10);
    expect(law.heldOut!.predicted / law.heldOut!.actual).toBeCloseTo(1, 10);
    expect(law.comparison.preferred).toBe('power');
    expect(law.warnings).toEqual([]);
  });

  it('writes the same law as amplitude and about its centre', () => {
    const law = lawOf(ladder(0.3, { random: createRandom(2), scatter: 0.1 }));
    for (const params of [1e4, 1e6, 3e11]) {
      expect(forecast(law, params).value / (law.amplitude * params ** -law.exponent)).toBeCloseTo(1, 10);
    }
  });

  it('does not depend on the order of the measurements, and repeats with its draws', () => {
    const measurements = ladder(0.3, { random: createRandom(3), scatter: 0.1 });
    expect(lawOf([...measurements].reverse())).toEqual(lawOf(measurements));
    expect(fitLaw(IDENTITY, measurements, createDraws(1))).toEqual(lawOf(measurements));
    expect(fitLaw(IDENTITY, measurements, createDraws(2)).low).not.toBe(lawOf(measurements).low);
  });

  it('predicts the largest size from the smaller ones only', () => {
    const measurements = ladder(0.5);
    const law = lawOf([...measurements.slice(0, -1), measurement(1_638_400, 1)]);
    expect(law.heldOut).toEqual({ params: 1_638_400, predicted: expect.closeTo(1_638_400 ** -0.5, 10), actual: 1 });
    expect(lawOf(ladder(0.5, { sizes: [1e6, 1e8] })).heldOut).toBeNull();
  });

  it('counts the seeds of one size as one size', () => {
    const random = createRandom(4);
    const seeds = [1, 2, 3].flatMap((seed) =>
      ladder(0.4, { random, scatter: 0.02 }).map((m) => ({ ...m, run: `${m.run} seed ${seed}` })),
    );
    const law = lawOf(seeds);
    expect(law.points).toHaveLength(15);
    expect(law.fit.factor).toBeCloseTo(3.1824, 3);
    const means = SIZES.map((params) => {
      const logs = seeds.filter((m) => m.params === params).map((m) => Math.log(m.value));
      return measurement(params, Math.exp(logs.reduce((a, b) => a + b) / 3));
    });
    expect(law.exponent).toBeCloseTo(lawOf(means).exponent, 12);
  });

  it('shows what 1 / sqrt(min(m, n)) alone would give', () => {
    const widths = [32, 48, 64, 96, 128];
    const measurements = ladder(0.3).map((m, i) => ({ ...m, smallerDimension: widths[i]! }));
    const alone = widths.map((width, i) => measurement(SIZES[i]!, 1 / Math.sqrt(width)));
    expect(lawOf(measurements).baselineExponent).toBeCloseTo(lawOf(alone).exponent, 12);
    expect(lawOf(ladder(0.3)).baselineExponent).toBeNull();
  });
});

describe('the interval of fitLaw', () => {
  const TRUE_EXPONENT = 0.35;
  const LADDERS = 1000;

  /** Shares of ladders whose interval contains the true exponent, and the true value a hundred times beyond. */
  function coverage(sizes: readonly number[], draw: (random: Random) => { noise: number; logError: number }) {
    const random = createRandom(17);
    const target = sizes.at(-1)! * 100;
    let exponents = 0;
    let forecasts = 0;
    for (let i = 0; i < LADDERS; i++) {
      const law = lawOf(
        sizes.map((params) => {
          const { noise, logError } = draw(random);
          return measurement(params, params ** -TRUE_EXPONENT * Math.exp(noise), { logError });
        }),
      );
      const { low, high } = forecast(law, target);
      const truth = target ** -TRUE_EXPONENT;
      if (law.low <= TRUE_EXPONENT && TRUE_EXPONENT <= law.high) exponents++;
      if (low <= truth && truth <= high) forecasts++;
    }
    return { exponents: exponents / LADDERS, forecasts: forecasts / LADDERS };
  }

  /** Student's t with four degrees of freedom, scaled to variance 1. */
  function heavyTailed(random: Random): number {
    const chi = [1, 2, 3, 4].reduce((sum) => sum + random.gaussian() ** 2, 0);
    return random.gaussian() / Math.sqrt(chi / 4) / Math.SQRT2;
  }

  // Binomial error of a share of 0.95 over 1000 ladders: 0.007; the bound of 0.925 is more than three of them below.
  it.each([
    ['scatter between runs alone', (r: Random) => ({ noise: 0.05 * r.gaussian(), logError: 0 })],
    ['heavy-tailed scatter', (r: Random) => ({ noise: 0.05 * heavyTailed(r), logError: 0 })],
    ['scatter and settling', (r: Random) => ({ noise: 0.05 * r.gaussian() + 0.03 * r.gaussian(), logError: 0.03 })],
    ['settling alone', (r: Random) => ({ noise: 0.05 * r.gaussian(), logError: 0.05 })],
    ['settling errors stated at half', (r: Random) => ({ noise: 0.07 * r.gaussian(), logError: 0.02 })],
  ])('covers at least 0.925 of the ladders with five sizes: %s', (_, draw) => {
    const { exponents, forecasts } = coverage(SIZES, draw);
    expect(exponents).toBeGreaterThan(0.925);
    expect(forecasts).toBeGreaterThan(0.925);
  });

  it('covers at least 0.925 of the ladders with three and seven sizes', () => {
    for (const sizes of [
      [1e5, 5e5, 2e6],
      [1e5, 2e5, 4e5, 8e5, 16e5, 32e5, 64e5],
    ]) {
      const { exponents } = coverage(sizes, (r) => ({ noise: 0.05 * r.gaussian(), logError: 0 }));
      expect(exponents, `${sizes.length} sizes`).toBeGreaterThan(0.925);
    }
  });

  it('is no wider than least squares makes it where scatter between runs is all there is', () => {
    const random = createRandom(19);
    const ratios = Array.from({ length: 200 }, () => {
      const law = lawOf(ladder(0.35, { random, scatter: 0.05 }));
      const x = law.points.map((p) => Math.log(p.params) - law.fit.centre);
      const spread = x.reduce((sum, v) => sum + v * v, 0);
      const rss = law.points.reduce((sum, p) => sum + Math.log(p.value / forecast(law, p.params).value) ** 2, 0);
      return (law.high - law.exponent) / (law.fit.factor * Math.sqrt(rss / 3 / spread));
    });
    // 500 replicates move a standard error by about 3 %.
    for (const ratio of ratios) expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
  });

  it('is at least as wide as the settling errors alone make it', () => {
    const law = lawOf(ladder(0.35).map((m) => ({ ...m, logError: 0.05 })));
    const spread = SIZES.reduce((sum, params) => sum + (Math.log(params) - law.fit.centre) ** 2, 0);
    const settling = (law.fit.factor * 0.05) / Math.sqrt(spread);
    expect(Math.abs((law.high - law.exponent) / settling - 1)).toBeLessThan(0.1);
  });
});

describe('forecast', () => {
  it('widens on both sides away from the centre of the ladder', () => {
    const law = lawOf(ladder(0.35, { random: createRandom(23), scatter: 0.05 }));
    const width = (params: number) => Math.log(forecast(law, params).high / forecast(law, params).low);
    const centre = Math.exp(law.fit.centre);
    for (const factor of [3, 30, 3000]) {
      expect(width(centre * factor)).toBeGreaterThan(width(centre * Math.sqrt(factor)));
      expect(width(centre / factor)).toBeGreaterThan(width(centre / Math.sqrt(factor)));
    }
  });

  it('refuses a size that is not positive', () => {
    expect(() => forecast(lawOf(ladder(0.3)), 0)).toThrow('forecast: params must be a positive finite number, got 0');
    expect(() => forecast(lawOf(ladder(0.3)), Number.NaN)).toThrow('got NaN');
  });
});

describe('warnings of fitLaw', () => {
  it('name too few sizes and too short a ladder', () => {
    expect(lawOf(ladder(0.3, { sizes: [1e5, 2e5, 4e5] })).warnings).toEqual([
      '3 sizes: fewer than 4 cannot show whether a power law holds',
      'the sizes span 0.6 decades: over less than one a power law cannot be told from other curves',
    ]);
    expect(lawOf(ladder(0.3, { sizes: [1e5, 1e7] })).warnings).toEqual([
      'two sizes: any two points lie on a power law; the interval assumes a scatter of 0.076 in ln(value)',
    ]);
  });

  it('name the runs that have not settled', () => {
    const measurements = ladder(0.3).map((m, i) => ({ ...m, verdict: i === 1 ? ('drifting' as const) : m.verdict }));
    expect(lawOf(measurements).warnings).toEqual(['1 of 5 points have not settled: n135168 drifting']);
  });

  it('say when size explains nothing', () => {
    const law = lawOf(ladder(0, { random: createRandom(29), scatter: 0.05 }));
    expect(law.comparison.preferred).toBe('constant');
    expect(law.warnings[0]).toBe(
      'no dependence on size is shown: AICc prefers a constant and the interval of the exponent contains 0',
    );
    expect(law.warnings[1]).toMatch(/^poorly fitted: R2 is 0\.\d+, below 0\.9$/);
    expect(lawOf(ladder(0)).comparison.preferred).toBe('constant');
    // With three sizes AICc is not defined and has no preference.
    expect(lawOf(ladder(0, { sizes: [1e5, 1e6, 1e7] })).comparison.preferred).toBe('power');
  });

  it('do not call a clear power law of five sizes a constant', () => {
    const scatter = [0.08, -0.09, 0.05, -0.08, 0.04];
    const law = lawOf(SIZES.map((params, i) => measurement(params, params ** -0.3 * Math.exp(scatter[i]!))));
    expect(law.r2).toBeGreaterThan(0.9);
    expect(law.comparison.aicc.constant).toBeLessThan(law.comparison.aicc.power);
    expect(law.comparison.preferred).toBe('power');
  });

  it('say which way a law bends', () => {
    const sizes = [1e5, 2e5, 4e5, 8e5, 16e5, 32e5, 64e5];
    const bent = (sign: number) =>
      lawOf(sizes.map((params) => measurement(params, Math.exp(sign * 0.1 * Math.log(params / 1e5) ** 2) / params)));
    expect(bent(-1).comparison.curvature).toBeCloseTo(-0.1, 10);
    expect(bent(-1).warnings[0]).toMatch(/^curved: the decay steepens with size .* probably too high$/);
    expect(bent(1).warnings[0]).toMatch(/^curved: the decay flattens with size .* probably too low$/);
  });
});

describe('bad input to fitLaw', () => {
  const broken = (changes: Partial<Measurement>) => [...ladder(0.3).slice(1), measurement(5e4, 0.1, changes)];

  it('is refused with the law, the number and the run', () => {
    const where = 'fitLaw: mlp.down at depth 1, quantile 0.5: ';
    for (const value of [0, -0.1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => lawOf(broken({ value }))).toThrow(
        `${where}a settled value must be positive and finite, got ${value} (run n50000)`,
      );
    expect(() => lawOf(broken({ params: -1 }))).toThrow(`${where}params must be a positive finite number, got -1`);
    expect(() => lawOf(broken({ logError: Number.NaN }))).toThrow(`${where}logError must be finite and not negative`);
  });

  it('includes a ladder of one size', () => {
    expect(() => lawOf([measurement(1e6, 0.1), measurement(1e6, 0.2)])).toThrow(
      'a law needs at least two model sizes, got 1; add runs of other sizes',
    );
  });
});
