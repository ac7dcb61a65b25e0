import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DepthForecast, interpolateDepths, monotoneCubic } from '../../src/scaling/depthInterpolation.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const exact = (depth: number, value: number): DepthForecast => ({ depth, value, low: value, high: value });

/** Two to six depths with values over six decades and margins of any width. */
const measured = fc
  .array(
    fc.record({
      step: fc.double({ min: 0.05, max: 1, noNaN: true }),
      log: fc.double({ min: -6, max: 0, noNaN: true }),
      below: fc.double({ min: 0, max: 2, noNaN: true }),
      above: fc.double({ min: 0, max: 2, noNaN: true }),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((rows) => {
    const total = rows.reduce((sum, { step }) => sum + step, 0);
    let depth = 0;
    return rows.map(({ step, log, below, above }) => {
      depth += step / total;
      return { depth, value: 10 ** log, low: 10 ** (log - below), high: 10 ** (log + above) };
    });
  });

describe('interpolateDepths', () => {
  test('gives the forecast of a measured depth unchanged', () => {
    fc.assert(
      fc.property(measured, (points) => {
        const curve = interpolateDepths(points);
        for (const [i, { depth, value, low, high }] of points.entries())
          expect(curve(depth)).toEqual({ value, low, high, between: [i, i] });
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test('stays between its neighbours, monotone, with low <= value <= high inside their hull', () => {
    fc.assert(
      fc.property(measured, (points) => {
        const curve = interpolateDepths(points);
        for (const [i, right] of points.entries()) {
          const left = points[i - 1];
          if (!left) continue;
          const inside = Array.from({ length: 21 }, (_, k) =>
            curve(left.depth + ((right.depth - left.depth) * k) / 20),
          );
          const sign = Math.sign(right.value - left.value);
          for (const [k, { value, low, high }] of inside.entries()) {
            const tolerance = 1 + 1e-12; // exp(log(value)) is off by a few ulp
            expect(value * tolerance).toBeGreaterThanOrEqual(Math.min(left.value, right.value));
            expect(value).toBeLessThanOrEqual(Math.max(left.value, right.value) * tolerance);
            expect(low).toBeLessThanOrEqual(value);
            expect(high).toBeGreaterThanOrEqual(value);
            expect(low * tolerance).toBeGreaterThanOrEqual(Math.min(left.low, right.low));
            expect(high).toBeLessThanOrEqual(Math.max(left.high, right.high) * tolerance);
            const before = inside[k - 1]?.value ?? value;
            expect(sign * Math.log(value / before)).toBeGreaterThanOrEqual(-1e-12);
          }
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });

  test('is constant before the first and beyond the last measured depth', () => {
    const curve = interpolateDepths([exact(0.25, 0.1), exact(0.5, 0.01)]);
    expect(curve(0.01)).toEqual({ value: 0.1, low: 0.1, high: 0.1, between: [0, 0] });
    expect(curve(0.9)).toEqual({ value: 0.01, low: 0.01, high: 0.01, between: [1, 1] });
    expect(interpolateDepths([exact(1, 0.3)])(0.4).value).toBe(0.3);
  });

  test('is a power of depth in ln for points on a line', () => {
    const curve = interpolateDepths([0.25, 0.5, 0.75, 1].map((depth) => exact(depth, Math.exp(-8 * depth))));
    for (const depth of [0.3, 0.62, 0.99]) expect(Math.log(curve(depth).value)).toBeCloseTo(-8 * depth, 12);
    // Left out, each inner point still lies on the line: no interpolation error.
    expect(Math.log(curve(0.6).high / curve(0.6).low)).toBeLessThan(1e-12);
  });

  test('is least certain in the middle of a gap, by twice the error of leaving a depth out', () => {
    // ln value 0, 0, -1, -1: leaving either inner depth out misses by 1/3 or so; written out for the middle one.
    const points = [exact(0.25, 1), exact(0.5, 1), exact(0.75, Math.exp(-1)), exact(1, Math.exp(-1))];
    const error = (i: number): number => {
      const others = points.filter((_, k) => k !== i);
      const at = monotoneCubic(
        others.map(({ depth }) => depth),
        others.map(({ value }) => Math.log(value)),
      );
      return Math.log(points[i]!.value) - at(points[i]!.depth);
    };
    const perWidth = Math.sqrt((error(1) ** 2 + error(2) ** 2) / 2 / 0.5);
    const margin = 2 * perWidth * Math.sqrt(0.25);
    const curve = interpolateDepths(points);
    const middle = curve(0.625);
    expect(Math.log(middle.value)).toBeCloseTo(-0.5, 12);
    expect(Math.log(middle.value / middle.low)).toBeCloseTo(Math.min(margin, 0.5), 12);
    const width = (depth: number): number => Math.log(curve(depth).high / curve(depth).low);
    expect(width(0.51)).toBeLessThan(width(0.55));
    expect(width(0.55)).toBeLessThan(width(0.625));
  });

  test('takes half the difference as its error where there are only two depths', () => {
    const curve = interpolateDepths([exact(0.5, 1), exact(1, Math.exp(-2))]);
    const { value, low, high } = curve(0.75);
    expect([Math.log(low), Math.log(value), Math.log(high)]).toEqual([
      expect.closeTo(-2, 12),
      expect.closeTo(-1, 12),
      expect.closeTo(0, 12),
    ]);
  });

  test('runs through the published forecasts at 300B', () => {
    const laws = publishedLaws().laws.filter(({ role, quantile }) => role === 'attn.o' && quantile === 0.5);
    const curve = interpolateDepths(laws.map((law) => ({ depth: law.depth, ...forecast(law, 300e9) })));
    expect(Math.abs(curve(1).value / 5.56e-5 - 1)).toBeLessThan(0.01);
    expect(curve(58 / 61).value).toBeGreaterThan(curve(1).value);
    expect(curve(58 / 61).value).toBeLessThan(curve(0.75).value);
  });

  test('refuses depths out of order and forecasts that are not positive', () => {
    expect(() => interpolateDepths([])).toThrow('expected at least one measured depth, got none');
    expect(() => interpolateDepths([exact(0.5, 1), exact(0.5, 1)])).toThrow(
      'depths must be positive and ascend, got 0.5',
    );
    expect(() => interpolateDepths([exact(0.5, 0)])).toThrow('expected 0 < low <= value <= high at depth 0.5');
    expect(() => interpolateDepths([{ ...exact(0.5, 1), low: Number.NaN }])).toThrow('got NaN, 1, 1');
  });
});

describe('monotoneCubic', () => {
  test('equals PchipInterpolator of SciPy 1.17.1', () => {
    const falling = monotoneCubic([0.25, 0.5, 0.75, 1], [0, -1, -1.2, -4]);
    const turning = monotoneCubic([0.1, 0.5, 1], [0, 2, 1]);
    expect([0.3, 0.6, 0.7, 0.9].map(falling)).toEqual(
      [-0.2725333333333333, -1.08256, -1.14208, -2.45984].map((y) => expect.closeTo(y, 13)),
    );
    expect([0.2, 0.6, 0.9].map(turning)).toEqual(
      [0.76875, 1.9902222222222223, 1.4808888888888887].map((y) => expect.closeTo(y, 13)),
    );
  });

  test('is constant outside, a line through two points', () => {
    const line = monotoneCubic([0, 2], [1, 5]);
    expect([-1, 0, 0.5, 1.5, 2, 3].map(line)).toEqual([1, 1, 2, 4, 5, 5]);
    expect(monotoneCubic([1], [7])(0)).toBe(7);
  });
});
