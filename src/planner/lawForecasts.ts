/** Which laws a plan uses, and what they forecast. */
import { DomainError, UsageError } from '../base/errors.ts';
import { formatCount, significant } from '../base/numbers.ts';
import { confidenceFactor } from '../base/studentT.ts';
import { forecast } from '../scaling/forecast.ts';
import type { Interval, Law } from '../scaling/law.ts';

/**
 * Laws of one quantile, by role in order of appearance, then by depth.
 *
 * @throws UsageError listing the quantiles there are, if it is none of them
 */
export function lawsAtQuantile(laws: readonly Law[], quantile: number): readonly Law[] {
  const found = laws.filter((law) => Math.abs(law.quantile - quantile) < 1e-9);
  if (found.length === 0) {
    const known = [...new Set(laws.map((law) => law.quantile))].sort((a, b) => a - b);
    throw new UsageError(
      `plan: no law has quantile ${quantile}; ` +
        (known.length === 0 ? 'the laws are empty, fit them first' : `use one of ${known.join(', ')}`),
    );
  }
  const roles = [...new Set(found.map((law) => law.role))];
  return roles.flatMap((role) => found.filter((law) => law.role === role).sort((a, b) => a.depth - b.depth));
}

/**
 * The forecast, its upper end cut at 1: no singular value of X / ||X||_F is larger.
 *
 * @throws UsageError if the forecast itself is above 1
 */
export function sigmaOf(law: Law, params: number): Interval {
  const { value, low, high } = forecast(law, params);
  const where = `plan: ${law.role} at depth ${law.depth} and ${formatCount(params)} parameters`;
  if (Number.isNaN(value + low + high)) throw new DomainError(`${where}: the law gives no number; fit it again`);
  if (value > 1)
    throw new UsageError(
      `${where}: the law forecasts ${significant(value)}, but a normalised singular value is at most 1; ` +
        'choose a size nearer to the measured ones',
    );
  return { value, low, high: Math.min(1, high) };
}

/**
 * Width of the interval of a law at another confidence, over that at 95 %: the ratio of Student's t at the law's degrees
 * of freedom, sizes - 2. In ln, where intervals are symmetric.
 *
 * @param confidence of the two-sided interval, in (0, 1)
 */
export function intervalRatio({ points }: Law, confidence: number): number {
  const sizes = new Set(points.map(({ params }) => params)).size;
  const degreesOfFreedom = Math.max(1, sizes - 2);
  return confidenceFactor(degreesOfFreedom, confidence) / confidenceFactor(degreesOfFreedom, 0.95);
}
