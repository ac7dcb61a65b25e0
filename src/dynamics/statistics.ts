/** Means over seeds with their intervals. */
import { studentFactor } from '../base/studentT.ts';
import { mean, variance } from '../base/sums.ts';

export interface Estimate {
  readonly mean: number;
  /** Ends of the 95 % interval of the mean (Student's t); equal to it for a single value. */
  readonly low: number;
  readonly high: number;
}

/** @param values at least one */
export function estimate(values: readonly number[]): Estimate {
  const centre = mean(values);
  if (values.length < 2) return { mean: centre, low: centre, high: centre };
  const half = studentFactor(values.length - 1) * Math.sqrt(variance(values) / values.length);
  return { mean: centre, low: centre - half, high: centre + half };
}

/** "0.82 [0.80, 0.84]" */
export function formatEstimate({ mean: centre, low, high }: Estimate, digits = 2): string {
  return `${centre.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
