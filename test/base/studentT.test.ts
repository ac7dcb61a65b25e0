import { describe, expect, it } from 'vitest';
import { confidenceFactor, studentFactor } from '../../src/base/studentT.ts';

/** P(|T| <= t) by Simpson's rule on the angle: T = sqrt(df) tan(angle) has density proportional to cos^(df - 1). */
function probabilityWithin(t: number, df: number): number {
  const integral = (end: number): number => {
    const panels = 20_000;
    const h = end / panels;
    let sum = 0;
    for (let i = 0; i <= panels; i++) {
      const weight = i === 0 || i === panels ? 1 : i % 2 === 1 ? 4 : 2;
      sum += weight * Math.cos(i * h) ** (df - 1);
    }
    return (sum * h) / 3;
  };
  return integral(Math.atan(t / Math.sqrt(df))) / integral(Math.PI / 2);
}

describe('studentFactor', () => {
  it('is the tabulated 0.975 quantile', () => {
    const table: readonly (readonly [number, number])[] = [
      [1, 12.7062],
      [2, 4.30265],
      [3, 3.18245],
      [4, 2.77645],
      [5, 2.57058],
      [10, 2.22814],
      [30, 2.04227],
    ];
    for (const [df, factor] of table) expect(studentFactor(df) / factor).toBeCloseTo(1, 5);
    expect(studentFactor(Number.POSITIVE_INFINITY)).toBeCloseTo(1.96, 3);
  });

  it('holds 95 % of the distribution for real degrees of freedom', () => {
    for (const df of [1.05, 1.3, 1.7, 2.4, 3.3, 4.7, 7.5, 25.5, 300]) {
      const tolerance = df < 3 ? 5e-4 : 1e-5;
      expect(Math.abs(probabilityWithin(studentFactor(df), df) - 0.95), `df ${df}`).toBeLessThan(tolerance);
    }
  });

  it('falls as the degrees of freedom grow, also across the exact values', () => {
    const factors = [1, 1.001, 1.5, 1.999, 2, 2.001, 2.5, 3, 5, 9, 20, 100, 1e6].map(studentFactor);
    for (let i = 1; i < factors.length; i++) expect(factors[i]!).toBeLessThanOrEqual(factors[i - 1]!);
  });

  it('refuses less than one degree of freedom', () => {
    expect(() => studentFactor(0)).toThrow('studentFactor: degrees of freedom must be at least 1, got 0');
    expect(() => studentFactor(Number.NaN)).toThrow('got NaN');
  });
});

describe('confidenceFactor', () => {
  it.each([
    // scipy.stats.t.ppf((1 + confidence) / 2, n) of SciPy 1.17.1
    [1, 0.5, 1],
    [1, 0.99, 63.656741162871526],
    [2, 0.9, 2.9199855803537242],
    [5, 0.8, 1.4758840488244815],
    [5, 0.95, 2.5705818356363146],
    [5, 0.5, 0.7266868438004226],
    [28, 0.999, 3.6739064007013176],
    [100, 0.95, 1.9839715185235518],
  ])('of %i degrees of freedom at %f is the quantile of SciPy', (n, confidence, factor) => {
    expect(Math.abs(confidenceFactor(n, confidence) / factor - 1)).toBeLessThan(1e-6);
  });

  it('agrees with studentFactor at 0.95', () => {
    for (const n of [1, 2, 3, 5, 20])
      expect(Math.abs(confidenceFactor(n, 0.95) / studentFactor(n) - 1)).toBeLessThan(1e-3); // of studentFactor
  });

  it('refuses what is no confidence and too few degrees of freedom', () => {
    expect(() => confidenceFactor(5, 1)).toThrow('the confidence must lie between 0 and 1, got 1');
    expect(() => confidenceFactor(5, 0)).toThrow('got 0');
    expect(() => confidenceFactor(0, 0.5)).toThrow('degrees of freedom must be an integer of at least 1, got 0');
  });
});
