/** Least squares of y on x: the straight line, and its rivals without slope and with curvature. */
import { mean } from '../base/sums.ts';
import type { ModelComparison } from './law.ts';

/** y = level + slope * (x - centre). */
export interface Line {
  readonly centre: number;
  readonly level: number;
  readonly slope: number;
  /** sum (x - centre)^2 */
  readonly spread: number;
  readonly residuals: readonly number[];
  /** Sum of squared residuals. */
  readonly rss: number;
  /** Sum of squares of y about its mean. */
  readonly tss: number;
}

/**
 * Least-squares line, written about the mean of x, where level and slope are uncorrelated.
 *
 * @param x at least two different values
 * @param y same length
 */
export function fitLine(x: readonly number[], y: readonly number[]): Line {
  const centre = mean(x);
  const level = mean(y);
  const spread = dot(x, x, centre, centre);
  const slope = dot(x, y, centre, level) / spread;
  const residuals = y.map((v, i) => v - level - slope * (x[i]! - centre));
  return { centre, level, slope, spread, residuals, rss: squares(residuals), tss: dot(y, y, level, level) };
}

/** {@link ModelComparison} without the verdict. */
export interface Rivals {
  readonly aicc: ModelComparison['aicc'];
  readonly curvature: number;
}

/**
 * AICc of constant, line and parabola, and the parabola's curvature.
 *
 * AICc = n ln(RSS / n) + 2 k + 2 k (k + 1) / (n - k - 1), k counting the coefficients and the noise variance.
 * RSS is at least what rounding leaves, so that exact data prefer the fewest coefficients. Where n <= k + 1 the
 * criterion is not defined; it is then Number.MAX_VALUE, "never preferred". The penalty is steep for few points: with
 * five a parabola is undefined, with six it must lower RSS more than a hundredfold.
 *
 * @source Hurvich and Tsai 1989, Biometrika 76, equation for linear regression
 */
export function compareRivals(x: readonly number[], y: readonly number[], line: Line): Rivals {
  const n = x.length;
  const floor = n * (16 * Number.EPSILON * Math.max(1, ...y.map(Math.abs))) ** 2;
  const aicc = (rss: number, coefficients: number): number => {
    const k = coefficients + 1;
    if (n <= k + 1) return Number.MAX_VALUE;
    return n * Math.log(Math.max(rss, floor) / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1);
  };
  const { curvature, rss } = fitCurvature(x, line);
  return { aicc: { constant: aicc(line.tss, 1), power: aicc(line.rss, 2), curved: aicc(rss, 3) }, curvature };
}

/** Adds a multiple of the part of (x - centre)^2 that is orthogonal to the line. */
function fitCurvature(x: readonly number[], line: Line): { curvature: number; rss: number } {
  if (x.length < 3) return { curvature: 0, rss: line.rss };
  const bend = fitLine(
    x,
    x.map((v) => (v - line.centre) ** 2),
  ).residuals;
  const size = squares(bend);
  if (size === 0) return { curvature: 0, rss: line.rss };
  const curvature = dot(bend, line.residuals, 0, 0) / size;
  return { curvature, rss: squares(line.residuals.map((r, i) => r - curvature * bend[i]!)) };
}

function squares(values: readonly number[]): number {
  return dot(values, values, 0, 0);
}

function dot(a: readonly number[], b: readonly number[], centreA: number, centreB: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - centreA) * (b[i]! - centreB);
  return sum;
}
