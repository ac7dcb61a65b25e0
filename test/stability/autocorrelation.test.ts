import { describe, expect, it } from 'vitest';
import { median } from '../../src/base/sums.ts';
import { autocorrelationTime } from '../../src/stability/autocorrelation.ts';
import { autoregressive } from './trajectories.ts';

describe('autocorrelationTime', () => {
  it('is (1 + phi) / (1 - phi) for long autoregressive noise', () => {
    for (const phi of [0, 0.3, 0.6, 0.9]) {
      const times = Array.from({ length: 9 }, (_, seed) => autocorrelationTime(autoregressive(seed, 10_000, phi, 1)));
      const exact = (1 + phi) / (1 - phi);
      // Sokal 1997: relative error sqrt(2 (2M + 1) / n) with M = 5 tau, here at most 0.2 for a single series.
      expect(Math.abs(median(times) / exact - 1), `phi ${phi}`).toBeLessThan(0.2);
    }
  });

  it('does not lose correlation in short series', () => {
    const times = Array.from({ length: 201 }, (_, seed) => autocorrelationTime(autoregressive(seed, 30, 0.6, 1)));
    expect(median(times)).toBeGreaterThan(0.75 * 4);
  });

  it('is 1 for alternating and for vanishing residuals', () => {
    expect(autocorrelationTime([1, -1, 1, -1, 1, -1, 1, -1])).toBe(1);
    expect(autocorrelationTime([0, 0, 0, 0])).toBe(1);
  });
});
