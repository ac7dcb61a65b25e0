/** Which laws a plan uses, and what they forecast. */
import { DomainError, UsageError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
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
 * The forecast, cut at 1: no singular value of X / ||X||_F is larger. A law that rises with size, as the noise of a
 * small ladder gives, would pass it far from its points; lawNotes says where that happens.
 */
export function sigmaOf(law: Law, params: number): Interval {
  const { value, low, high } = forecast(law, params);
  if (Number.isNaN(value + low + high))
    throw new DomainError(
      `plan: ${law.role} at depth ${law.depth} and ${formatCount(params)} parameters: the law gives no number; fit it again`,
    );
  return { value: Math.min(1, value), low: Math.min(1, low), high: Math.min(1, high) };
}

/**
 * Width of the interval of a law at another confidence, over that at 95 %: the ratio of Student's t at the law's degrees
 * of freedom, sizes - 2. In ln, where intervals are symmetric.
 *
 * @param confidence of the two-sided interval, in (0, 1)
 */
export function intervalRatio(law: Law, confidence: number): number {
  const degrees = degreesOfFreedom(law);
  return confidenceFactor(degrees, confidence) / confidenceFactor(degrees, 0.95);
}

/** Sizes - 2; 1 for fewer than three. */
export function degreesOfFreedom({ points }: Law): number {
  return Math.max(1, new Set(points.map(({ params }) => params)).size - 2);
}
