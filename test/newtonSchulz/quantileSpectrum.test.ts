import { describe, expect, test } from 'vitest';
import {
  directionsOf,
  measuredSpectrum,
  type QuantileSpectrum,
  requireQuantileSpectrum,
  valueAtQuantile,
} from '../../src/newtonSchulz/quantileSpectrum.ts';

const forecast: QuantileSpectrum = {
  quantiles: [0.25, 0.5, 0.75],
  values: [1e-2, 1e-3, 1e-4],
  rows: 100,
  columns: 300,
};

describe('quantile spectrum', () => {
  test('interpolates log(sigma) linearly in q and goes on beyond the ends', () => {
    expect(valueAtQuantile(forecast, 0.5)).toBe(1e-3);
    expect(valueAtQuantile(forecast, 0.375)).toBeCloseTo(10 ** -2.5, 12);
    expect(valueAtQuantile(forecast, 1)).toBeCloseTo(1e-5, 12);
    expect(valueAtQuantile(forecast, 0.001)).toBeCloseTo(10 ** -1.004, 12);
  });

  test('gives what the quantiles leave open of the norm to one top direction', () => {
    const { sigma, count } = directionsOf(forecast, 400);
    const energy = sigma.reduce((sum, s, i) => sum + count[i] * s * s, 0);
    expect(count[0]).toBe(1);
    expect(count.reduce((a, b) => a + b, 0)).toBeCloseTo(100, 10);
    expect(energy).toBeGreaterThan(0.98);
    expect(energy).toBeLessThan(1.01);
  });

  test('an outlier share that is given is the top direction', () => {
    expect(directionsOf({ ...forecast, outlierShare: 0.81 }).sigma[0]).toBeCloseTo(0.9, 12);
  });

  test('a measured spectrum keeps its large values singly and its norm', () => {
    const all = Array.from({ length: 200 }, (_, i) => 5 * 0.95 ** i);
    const { sigma, count } = directionsOf(measuredSpectrum(all, 200, 200));
    expect(sigma.reduce((sum, s, i) => sum + count[i] * s * s, 0)).toBeCloseTo(1, 2);
    expect([...count.subarray(0, 32)]).toEqual(Array(32).fill(1));
    expect([...sigma]).toEqual([...sigma].sort((a, b) => b - a));
  });

  test.each<[string, Partial<QuantileSpectrum>, string]>([
    ['unsorted values', { values: [1e-2, 1e-4, 1e-3] }, 'values must descend, got 0.0001 before 0.001'],
    [
      'a negative value',
      { values: [1e-2, 1e-3, -1e-4] },
      'value 3 is -0.0001; singular values of X / ||X||_F lie in [0, 1]',
    ],
    ['NaN', { values: [1e-2, Number.NaN, 1e-4] }, 'value 2 is NaN'],
    ['unsorted quantiles', { quantiles: [0.5, 0.25, 0.75] }, 'quantiles must ascend, got 0.5 before 0.25'],
    ['a quantile outside', { quantiles: [0, 0.25, 0.75] }, 'a quantile must lie in (0, 1], got 0'],
    ['two lengths', { quantiles: [0.5] }, 'got 3 values for 1 quantiles'],
    ['an impossible shape', { rows: 0 }, 'rows must be an integer of at least 1, got 0'],
    ['an impossible share', { outlierShare: 2 }, 'the share of the top direction must lie in [0, 1], got 2'],
  ])('refuses %s', (_, change, message) => {
    expect(() => requireQuantileSpectrum({ ...forecast, ...change })).toThrow(message);
  });

  test.each([
    [[1, Number.NaN], 'value 2 is NaN; singular values are finite and not negative'],
    [[1, -1], 'value 2 is -1'],
    [[0, 0], 'all singular values are zero'],
    [[1, 2], 'values must descend, got 1 before 2; sort them from large to small'],
    [[], 'all singular values are zero'],
  ])('refuses %j as measured', (sigma, message) => {
    expect(() => measuredSpectrum(sigma, 2, 2)).toThrow(message);
  });
});
