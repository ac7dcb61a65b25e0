/** Room for rounding: a step designed for [l, u] meets values slightly above u. */
import type { NsCoefficients } from './schedule.ts';

/**
 * p(s / safety) in place of p(s), for every step but the last, which decides where the values end.
 *
 * @param safety at least 1; 1.01 in the code of arXiv:2505.16932
 */
export function withSafety(steps: readonly NsCoefficients[], safety: number): readonly NsCoefficients[] {
  if (safety === 1) return steps;
  return steps.map((step, k) => (k === steps.length - 1 ? step : shrinkInput(step, safety)));
}

/** Coefficients of p(s / factor). */
export function shrinkInput([a, b, c]: NsCoefficients, factor: number): NsCoefficients {
  return [a / factor, b / factor ** 3, c / factor ** 5];
}
