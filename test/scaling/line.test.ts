import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { compareRivals, fitLine } from '../../src/scaling/line.ts';

/** Least squares by QR on the raw powers of x: another method, another parametrisation. */
function polynomial(x: readonly number[], y: readonly number[], degree: number) {
  const design = new Matrix(x.map((v) => Array.from({ length: degree + 1 }, (_, k) => v ** k)));
  const coefficients = solve(design, Matrix.columnVector([...y])).to1DArray();
  const rss = y.reduce((sum, v, i) => sum + (v - coefficients.reduce((s, c, k) => s + c * x[i]! ** k, 0)) ** 2, 0);
  return { coefficients, rss };
}

const random = createRandom(5);
const x = [1, 2.5, 3, 4.2, 5.1, 6, 7.7];
const y = x.map((v) => 2 - 0.4 * v + 0.03 * v * v + 0.1 * random.gaussian());

describe('fitLine', () => {
  it('is exact on a straight line', () => {
    const line = fitLine([1, 2, 4], [5, 3, -1]);
    expect(line.slope).toBeCloseTo(-2, 14);
    expect(line.level).toBeCloseTo(7 / 3, 14);
    expect(line.rss).toBeLessThan(1e-28);
  });

  it('agrees with QR on the raw powers', () => {
    const line = fitLine(x, y);
    const { coefficients, rss } = polynomial(x, y, 1);
    expect(line.slope).toBeCloseTo(coefficients[1]!, 12);
    expect(line.level - line.slope * line.centre).toBeCloseTo(coefficients[0]!, 12);
    expect(line.rss).toBeCloseTo(rss, 12);
  });

  it('splits the variation into what the line explains and the residuals', () => {
    const line = fitLine(x, y);
    expect(line.rss + line.slope ** 2 * line.spread).toBeCloseTo(line.tss, 12);
  });
});

describe('compareRivals', () => {
  it('has the AICc of independently fitted polynomials', () => {
    const n = x.length;
    const { aicc, curvature } = compareRivals(x, y, fitLine(x, y));
    [aicc.constant, aicc.power, aicc.curved].forEach((value, degree) => {
      const k = degree + 2;
      const { rss } = polynomial(x, y, degree);
      expect(value).toBeCloseTo(n * Math.log(rss / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1), 9);
    });
    expect(curvature).toBeCloseTo(polynomial(x, y, 2).coefficients[2]!, 11);
  });

  it('prefers the fewest coefficients where all fit exactly', () => {
    const sizes = [1, 2, 3, 4, 5, 6, 7];
    const straight = sizes.map((v) => 1 - v / 3);
    const { aicc } = compareRivals(sizes, straight, fitLine(sizes, straight));
    expect(aicc.power).toBeLessThan(aicc.curved);
    expect(aicc.power).toBeLessThan(aicc.constant);
  });

  it('never prefers a model with too many coefficients for the points', () => {
    const five = compareRivals(x.slice(0, 5), y.slice(0, 5), fitLine(x.slice(0, 5), y.slice(0, 5)));
    expect(five.aicc.curved).toBe(Number.MAX_VALUE);
    expect(five.aicc.power).toBeLessThan(Number.MAX_VALUE);
    expect(compareRivals([1, 2], [3, 4], fitLine([1, 2], [3, 4])).aicc.power).toBe(Number.MAX_VALUE);
  });
});
