import { describe, expect, it } from 'vitest';
import { studentFactor } from '../../src/base/studentT.ts';

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
