/** A law beyond its ladder. */
import { requirePositive } from '../base/checks.ts';
import type { Interval, Law, LawCurve } from './law.ts';

/** A curve is straight in log-log, its interval is not: this many sizes, evenly spaced in the logarithm, are plenty. */
const CURVE_POINTS = 24;

/**
 * The value a law gives at `params`, with the 95 % interval of the law there.
 *
 * x = ln(params) - centre; ln(value) = logValue - exponent x;
 * Var = Var(logValue) + x^2 Var(exponent) - 2 x Cov(logValue, exponent); half-width = factor sqrt(Var).
 * The interval is that of the law's mean course: a single run scatters about it, and a law that bends leaves it.
 *
 * @param params in the law's size convention
 * @throws DomainError unless params is positive and finite
 * @example forecast(law, 300e9) // { value: 0.00148, low: 0.00117, high: 0.00187 } for the published attn.q, depth 0.75, quantile 0.5
 */
export function forecast(law: Law, params: number): Interval {
  requirePositive('forecast', 'params', params);
  const { centre, logValue, variance, factor } = law.fit;
  const x = Math.log(params) - centre;
  const log = logValue - law.exponent * x;
  const spread = variance.logValue + x * x * variance.exponent - 2 * x * variance.covariance;
  const margin = factor * Math.sqrt(Math.max(0, spread)); // rounding can leave an exact fit just below 0
  return { value: Math.exp(log), low: Math.exp(log - margin), high: Math.exp(log + margin) };
}

/**
 * The law from its smallest size to `target`, and at least to its largest; these three are among the points.
 *
 * @param target in the law's size convention; null for the ladder alone
 * @throws DomainError unless the target is positive and finite
 */
export function lawCurve(law: Law, target: number | null): LawCurve {
  const sizes = law.points.map(({ params }) => params);
  const [first, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const last = Math.max(largest, target ?? 0);
  const grid = Array.from({ length: CURVE_POINTS - 1 }, (_, i) => first * (last / first) ** (i / (CURVE_POINTS - 1)));
  const points = [...new Set([...grid, largest, target ?? largest, last])]
    .sort((a, b) => a - b)
    .map((params) => ({ params, ...forecast(law, params) }));
  return { role: law.role, depth: law.depth, quantile: law.quantile, points };
}
