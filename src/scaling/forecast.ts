/** What a law says about a size nobody has trained. */
import { requirePositive } from '../base/checks.ts';
import type { Interval, Law } from './law.ts';

/**
 * The settled value at `params`, with its 95 % interval.
 *
 * With x = ln(params) - centre: ln value = logValue - exponent x, whose variance is
 * Var(logValue) + x^2 Var(exponent) - 2 x Cov(logValue, exponent); the half-width is factor times its root. The
 * interval is that of the fitted line: it knows the scatter of the points, not whether the power law goes on.
 *
 * @param params in the size convention of the law
 * @returns not clipped: a law carried far beyond its sizes may leave [0, 1]
 * @throws DomainError if `params` is not positive
 */
export function forecast({ fit, exponent }: Law, params: number): Interval {
  requirePositive('forecast', 'params', params);
  const x = Math.log(params) - fit.centre;
  const { logValue, exponent: slope, covariance } = fit.variance;
  const halfWidth = fit.factor * Math.sqrt(Math.max(0, logValue + x * x * slope - 2 * x * covariance));
  const centre = fit.logValue - exponent * x;
  return { value: Math.exp(centre), low: Math.exp(centre - halfWidth), high: Math.exp(centre + halfWidth) };
}
