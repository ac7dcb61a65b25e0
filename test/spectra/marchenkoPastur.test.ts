import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { singularValueQuantiles, singularValues } from '../../src/linalg/singularValues.ts';
import {
  marchenkoPasturCdf,
  marchenkoPasturDensity,
  marchenkoPasturEdges,
  marchenkoPasturQuantile,
  marchenkoPasturSurplus,
} from '../../src/spectra/marchenkoPastur.ts';

const RATIOS = [0.05, 0.25, 0.5, 0.9, 1];

/** Integral of f over [low, high] by the midpoint rule in an angle, which removes square-root edges. */
function integrate(f: (s: number) => number, low: number, high: number): number {
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const theta = (Math.PI * (i + 0.5)) / steps;
    const s = low + ((high - low) * (1 - Math.cos(theta))) / 2;
    sum += (f(s) * Math.sin(theta) * (high - low)) / 2;
  }
  return (sum * Math.PI) / steps;
}

describe('the Marchenko-Pastur law of s = sqrt(r) sigma', () => {
  test('is the quarter circle of radius 2 for square matrices', () => {
    for (const s of [0, 0.3, 1, 1.9])
      expect(marchenkoPasturDensity(s, 1)).toBeCloseTo(Math.sqrt(4 - s * s) / Math.PI, 14);
    expect(marchenkoPasturCdf(1, 1)).toBeCloseTo((Math.sqrt(3) / 2 + Math.PI / 3) / Math.PI, 14);
  });

  test('has its edges at 1 -+ sqrt(beta) and no mass outside', () => {
    expect(marchenkoPasturEdges(0.25)).toEqual([0.5, 1.5]);
    expect([0.49, 1.51].map((s) => marchenkoPasturDensity(s, 0.25))).toEqual([0, 0]);
    expect([0.5, 1.5].map((s) => marchenkoPasturCdf(s, 0.25))).toEqual([0, 1]);
  });

  test.each(RATIOS)('has mass 1 and E s^2 = 1 at beta %d', (beta) => {
    const [low, high] = marchenkoPasturEdges(beta);
    expect(integrate((s) => marchenkoPasturDensity(s, beta), low, high)).toBeCloseTo(1, 7);
    expect(integrate((s) => s * s * marchenkoPasturDensity(s, beta), low, high)).toBeCloseTo(1, 7);
  });

  test.each(RATIOS)('has the integral of its density as distribution at beta %d', (beta) => {
    const [low, high] = marchenkoPasturEdges(beta);
    for (const share of [0.1, 0.4, 0.8]) {
      const s = low + share * (high - low);
      expect(marchenkoPasturCdf(s, beta)).toBeCloseTo(
        integrate((x) => marchenkoPasturDensity(x, beta), low, s),
        6,
      );
    }
  });

  test.each(RATIOS)('has quantiles that invert the distribution, descending in q, at beta %d', (beta) => {
    let before = Number.POSITIVE_INFINITY;
    for (const q of [0.001, 0.1, 0.5, 0.9, 0.999]) {
      const s = marchenkoPasturQuantile(q, beta);
      expect(marchenkoPasturCdf(s, beta)).toBeCloseTo(1 - q, 12);
      expect(s).toBeLessThan(before);
      before = s;
    }
    expect(marchenkoPasturQuantile(1, beta)).toBe(1 - Math.sqrt(beta));
  });

  // Bulk eigenvalues of random matrices fluctuate by about log(r)/r in position; 3 % covers r = 240 at these quantiles.
  test.each([
    [240, 240],
    [240, 960],
    [700, 240],
  ])('describes a Gaussian %i x %i matrix to 3 %%', (rows, columns) => {
    const random = createRandom(rows + columns);
    const data = Float64Array.from({ length: rows * columns }, () => random.gaussian());
    const r = Math.min(rows, columns);
    const quantiles = [0.1, 0.25, 0.5, 0.75];
    singularValueQuantiles({ rows, columns, data }, quantiles).forEach((sigma, i) => {
      const limit = marchenkoPasturQuantile(quantiles[i]!, r / Math.max(rows, columns));
      expect(Math.abs((sigma * Math.sqrt(r)) / limit - 1)).toBeLessThan(0.03);
    });
  });

  test('refuses an aspect ratio or quantile outside (0, 1]', () => {
    expect(() => marchenkoPasturDensity(1, 1.5)).toThrow(
      'marchenko-pastur: the aspect ratio beta must lie in (0, 1], got 1.5',
    );
    expect(() => marchenkoPasturQuantile(0, 1)).toThrow('marchenko-pastur: a quantile must lie in (0, 1], got 0');
  });
});

describe('the surplus of values above s in a finite matrix', () => {
  /** Sum over the surplus of f(s^2), from its counts above s: f(x) dN integrates by parts to f'(x) N dx. */
  const surplusOf = (derivative: (x: number) => number, beta: number, excessKurtosis: number): number => {
    const [low, high] = marchenkoPasturEdges(beta);
    return integrate((s) => derivative(s * s) * 2 * s * marchenkoPasturSurplus(s, beta, excessKurtosis), low, high);
  };

  test.each(RATIOS)('leaves E tr X X^T alone, which is exactly r, at beta %d', (beta) => {
    expect(surplusOf(() => 1, beta, 0)).toBeCloseTo(0, 7);
    expect(surplusOf(() => 1, beta, 27)).toBeCloseTo(0, 6);
  });

  // E tr (X X^T)^2 = r n (n + r + 1 + kappa) for entries of variance 1; over n^2 and less r (1 + beta), the law's.
  test.each(RATIOS)('adds beta (1 + kappa) to E tr (X X^T)^2 at beta %d', (beta) => {
    for (const kappa of [-1.2, 0, 6]) expect(surplusOf((x) => 2 * x, beta, kappa)).toBeCloseTo(beta * (1 + kappa), 6);
  });

  test('is a quarter of a value inside the upper edge, minus a quarter at the lower one, none outside', () => {
    for (const beta of RATIOS) {
      const [low, high] = marchenkoPasturEdges(beta);
      expect(marchenkoPasturSurplus(high, beta, 0)).toBeCloseTo(0.25, 7);
      expect(marchenkoPasturSurplus(low, beta, 0)).toBeCloseTo(-0.25, 7);
      expect(marchenkoPasturSurplus(high + 1e-9, beta, 0)).toBe(0);
    }
    expect(marchenkoPasturSurplus(0.49, 0.25, 0)).toBe(0);
  });

  // The mean count of 400 matrices has a standard error of about 0.5 / sqrt(400) values: 0.1 is four of them.
  test.each([
    [1, 0.3],
    [1, 1.2],
    [0.25, 0.6],
    [0.25, 1.1],
  ])('is what Gaussian matrices of 64 rows have on average at beta %d above %d', (beta, s) => {
    const [rows, columns, matrices] = [64, 64 / beta, 400];
    const random = createRandom(11);
    let above = 0;
    for (let i = 0; i < matrices; i++) {
      const data = Float64Array.from({ length: rows * columns }, () => random.gaussian() / Math.sqrt(columns));
      above += singularValues({ rows, columns, data }).filter((value) => value > s).length;
    }
    const surplus = above / matrices - rows * (1 - marchenkoPasturCdf(s, beta));
    expect(Math.abs(surplus - marchenkoPasturSurplus(s, beta, 0))).toBeLessThan(0.1);
  });

  test('refuses entries without a fourth moment', () => {
    expect(() => marchenkoPasturSurplus(1, 1, Number.POSITIVE_INFINITY)).toThrow(
      'marchenko-pastur: the surplus needs a finite kurtosis of the entries, got Infinity',
    );
  });
});
