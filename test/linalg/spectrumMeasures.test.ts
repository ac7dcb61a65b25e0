import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveRank, flatness, spectralEntropy, stableRank } from '../../src/linalg/spectrumMeasures.ts';

const spectra = fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 20 });

describe('measures of a spectrum', () => {
  test('of r equal values are ln r, r, r and 1', () => {
    const sigma = [3, 3, 3, 3];
    expect(spectralEntropy(sigma)).toBeCloseTo(Math.log(4), 15);
    expect(effectiveRank(sigma)).toBeCloseTo(4, 14);
    expect(stableRank(sigma)).toBe(4);
    expect(flatness(sigma)).toBe(1);
  });

  test('of a single value are 0, 1, 1 and 1 / r', () => {
    const sigma = [0, 5, 0, 0];
    expect([spectralEntropy(sigma) + 0, effectiveRank(sigma), stableRank(sigma), flatness(sigma)]).toEqual([
      0, 1, 1, 0.25,
    ]);
  });

  test('of a zero spectrum are 0', () => {
    expect([spectralEntropy([0, 0]), effectiveRank([0, 0]), stableRank([0, 0]), flatness([0, 0])]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('do not depend on the scale, and lie within their bounds', () => {
    fc.assert(
      fc.property(spectra, (sigma) => {
        const scaled = sigma.map((value) => 7 * value);
        for (const measure of [spectralEntropy, effectiveRank, stableRank, flatness])
          expect(measure(scaled)).toBeCloseTo(measure(sigma), 10);
        const r = sigma.length;
        for (const rank of [effectiveRank(sigma), stableRank(sigma)]) {
          expect(rank).toBeGreaterThan(1 - 1e-12);
          expect(rank).toBeLessThan(r + 1e-9);
        }
        expect(flatness(sigma)).toBeLessThan(1 + 1e-12);
        expect(flatness(sigma)).toBeGreaterThan(1 / r - 1e-12);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
