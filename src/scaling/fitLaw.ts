/**
 * One law: how one singular value of one kind of matrix falls with model size.
 *
 * Input: settled values of one role, depth and quantile, one or more runs a size. Output: a Law.
 * Method:
 * 1. runs of one size are averaged in ln(value): seeds of one size do not make it a better-known ladder;
 * 2. least squares of ln(value) on ln(params), one point a size;
 * 3. intervals by the bootstrap of bootstrap.ts;
 * 4. the largest size predicted from the smaller ones; AICc against a constant and a parabola (line.ts);
 * 5. the exponent that 1 / sqrt(min(m, n)) alone has over the same sizes;
 * 6. warnings (warnings.ts).
 */
import { DomainError } from '../base/errors.ts';
import { mean, variance } from '../base/sums.ts';
import type { Verdict } from '../stability/plateau.ts';
import { bootstrapLine, createDraws, type DrawSource, type LineUncertainty } from './bootstrap.ts';
import type { HeldOut, Law, LawPoint, ModelComparison } from './law.ts';
import { compareRivals, fitLine, type Line } from './line.ts';
import { lawWarnings } from './warnings.ts';

/** One settled value as a law sees it. */
export interface Measurement extends LawPoint {
  readonly run: string;
  /** Standard error of ln(value); 0 where unknown. */
  readonly logError: number;
  /** min(m, n) of the matrix; null where unknown. */
  readonly smallerDimension: number | null;
  /** null where nothing is known about the trajectory. */
  readonly verdict: Verdict | null;
}

/** Which law. */
export interface LawIdentity {
  readonly role: string;
  readonly depth: number;
  readonly quantile: number;
}

/** The runs of one size, averaged. */
export interface SizePoint {
  readonly params: number;
  readonly logValue: number;
  readonly logError: number;
}

/**
 * Fits value = amplitude * params^(-exponent).
 *
 * @param measurements at least two sizes, any order
 * @param drawsFor of the bootstrap; the same draws give the same interval
 * @throws DomainError for fewer than two sizes, or a size, value or error that is not a number in its range
 */
export function fitLaw(
  identity: LawIdentity,
  measurements: readonly Measurement[],
  drawsFor: DrawSource = createDraws(0),
): Law {
  const where = `fitLaw: ${identity.role} at depth ${identity.depth}, quantile ${identity.quantile}`;
  const points = sizePoints(where, measurements);
  const { line, uncertainty, exponent, margin } = fitExponent(points, drawsFor);
  const r2 = rSquared(line);
  const comparison = compare(points, line, margin);
  return {
    ...identity,
    exponent,
    low: exponent - margin,
    high: exponent + margin,
    amplitude: Math.exp(line.level + exponent * line.centre),
    r2,
    points: measurements.map(({ params, value }) => ({ params, value })).sort((a, b) => a.params - b.params),
    heldOut: holdOutLargest(points),
    warnings: lawWarnings({ points, measurements, r2, comparison }),
    fit: {
      centre: line.centre,
      logValue: line.level,
      variance: exponentVariance(uncertainty),
      factor: uncertainty.factor,
    },
    comparison,
    baselineExponent: baselineExponent(measurements),
  };
}

/** The line through the points, and its exponent with the half-width of the 95 % interval. */
export interface ExponentFit {
  readonly line: Line;
  readonly uncertainty: LineUncertainty;
  readonly exponent: number;
  readonly margin: number;
}

/** Least squares through at least two points of different size. */
export function fitExponent(points: readonly SizePoint[], drawsFor: DrawSource): ExponentFit {
  const x = points.map((p) => Math.log(p.params));
  const line = fitLine(
    x,
    points.map((p) => p.logValue),
  );
  const errors = points.map((p) => p.logError);
  const uncertainty = bootstrapLine(line, x, errors, drawsFor);
  return { line, uncertainty, exponent: -line.slope, margin: uncertainty.factor * Math.sqrt(uncertainty.slope) };
}

/**
 * One point a size, ascending: mean of ln(value) over its runs, with the larger of two standard errors, that of the
 * settling and that of the scatter between its runs.
 *
 * @throws DomainError as {@link fitLaw}
 */
export function sizePoints(where: string, measurements: readonly Measurement[]): SizePoint[] {
  const sizes = new Map<number, Measurement[]>();
  for (const measurement of measurements) {
    requireMeasurement(where, measurement);
    sizes.set(measurement.params, [...(sizes.get(measurement.params) ?? []), measurement]);
  }
  if (sizes.size < 2)
    throw new DomainError(`${where}: a law needs at least two model sizes, got ${sizes.size}; add runs of other sizes`);
  return [...sizes]
    .sort(([a], [b]) => a - b)
    .map(([params, runs]) => {
      const logs = runs.map((run) => Math.log(run.value));
      const settling = Math.hypot(...runs.map((run) => run.logError)) / runs.length;
      const scatter = runs.length > 1 ? Math.sqrt(variance(logs) / runs.length) : 0;
      return { params, logValue: mean(logs), logError: Math.max(settling, scatter) };
    });
}

function requireMeasurement(where: string, { run, params, value, logError }: Measurement): void {
  if (!(params > 0) || !Number.isFinite(params))
    throw new DomainError(`${where}: params must be a positive finite number, got ${params} (run ${run})`);
  if (!(value > 0) || !Number.isFinite(value))
    throw new DomainError(`${where}: a settled value must be positive and finite, got ${value} (run ${run})`);
  if (!(logError >= 0) || !Number.isFinite(logError))
    throw new DomainError(`${where}: logError must be finite and not negative, got ${logError} (run ${run})`);
}

/** Share of the variation that size explains; 0 where nothing varies. */
function rSquared(line: Line): number {
  return line.tss > 0 ? 1 - line.rss / line.tss : 0;
}

/**
 * AICc decides between power law and parabola. For a constant to be preferred the exponent's interval must contain zero
 * as well: at five sizes AICc alone prefers a constant to any power law with R2 below 0.98.
 */
function compare(points: readonly SizePoint[], line: Line, margin: number): ModelComparison {
  const x = points.map((p) => Math.log(p.params));
  const y = points.map((p) => p.logValue);
  const { aicc, curvature } = compareRivals(x, y, line);
  const flat = aicc.constant < Math.min(aicc.power, aicc.curved) && Math.abs(line.slope) <= margin;
  return { aicc, curvature, preferred: flat ? 'constant' : aicc.curved < aicc.power ? 'curved' : 'power' };
}

function holdOutLargest(points: readonly SizePoint[]): HeldOut | null {
  const largest = points.at(-1);
  const smaller = points.slice(0, -1);
  if (largest === undefined || smaller.length < 2) return null;
  const { centre, level, slope } = fitLine(
    smaller.map((p) => Math.log(p.params)),
    smaller.map((p) => p.logValue),
  );
  return {
    params: largest.params,
    predicted: Math.exp(level + slope * (Math.log(largest.params) - centre)),
    actual: Math.exp(largest.logValue),
  };
}

/** The exponent is minus the slope. */
function exponentVariance({ level, slope, covariance }: LineUncertainty): Law['fit']['variance'] {
  return { logValue: level, exponent: slope, covariance: -covariance };
}

function baselineExponent(measurements: readonly Measurement[]): number | null {
  const logs: number[] = [];
  for (const { smallerDimension } of measurements) {
    if (smallerDimension === null) return null;
    logs.push(Math.log(smallerDimension));
  }
  const line = fitLine(
    measurements.map((m) => Math.log(m.params)),
    logs,
  );
  return line.slope / 2;
}
