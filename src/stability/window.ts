/**
 * One window of a trajectory: its mean, its drift, and whether that drift matters.
 *
 * Input: a trajectory and a range of steps. Output: a Plateau.
 * Method:
 * 1. y = ln(value) of the samples in the window; least-squares line over the steps; drift = slope * (last - first);
 * 2. tau = autocorrelation time of the residuals; effective samples = n / tau;
 * 3. noise variance = residual sum of squares / (n - 2 tau); the standard errors of mean and slope are those of
 *    independent samples times sqrt(tau);
 * 4. 95 % interval of the drift, Student's t with n / tau - 2 degrees of freedom;
 * 5. verdict: "settled" if the whole interval lies within +- tolerance; otherwise "drifting" if it excludes zero;
 *    otherwise "too short", because these samples can neither show a drift nor rule one out.
 * So a drift that is significant but negligible is settled, and a noisy trajectory is not settled just because
 * no drift can be proved. Guaranteed: test/stability counts wrong verdicts over many seeds.
 * Not covered: a curve within the window that begins and ends at one height; it counts as noise.
 */
import { DomainError } from '../base/errors.ts';
import { significant } from '../base/numbers.ts';
import { studentFactor } from '../base/studentT.ts';
import { mean } from '../base/sums.ts';
import { autocorrelationTime } from './autocorrelation.ts';
import type { Plateau, Trajectory, Verdict } from './plateau.ts';

/**
 * Largest negligible drift of ln(value) over a window. Half of it separates the window's mean from its last value;
 * 0.15 makes that half equal to the median scatter, 0.076, of the settled values of arXiv:2606.04058 about their laws.
 */
export const DRIFT_TOLERANCE = 0.15;

/** Fewer samples in a window cannot show their own autocorrelation. */
export const FEWEST_SAMPLES = 8;
/** Fewer independent samples leave no degree of freedom for the noise about a line. */
const FEWEST_EFFECTIVE = 3;

/** Drift of a window and what is known about it. */
interface Trend {
  readonly drift: number;
  readonly driftError: number;
  readonly logError: number;
  readonly autocorrelation: number;
  /** Half-width of the 95 % interval of the drift. */
  readonly margin: number;
}

/**
 * Judges the samples with from <= step <= to.
 *
 * @param tolerance largest drift of ln(value) over the window that counts as none
 * @returns errors are Infinity where the samples are too few to know them
 * @throws DomainError if the range is empty or turned round, or a value is not positive
 */
export function judgeWindow(
  trajectory: Trajectory,
  window: readonly [from: number, to: number],
  tolerance: number,
): Plateau {
  const { steps, logs, values } = samplesWithin(trajectory, window);
  const samples = steps.length;
  const value = samples === 0 ? null : mean(values);
  const trend = trendOf(steps, logs);
  const verdict = verdictOf(samples, trend, tolerance);
  const { drift, driftError, logError, autocorrelation } = trend;
  const reason = reasonOf(verdict, window, samples, trend, tolerance);
  return { verdict, window, value, logError, drift, driftError, autocorrelation, samples, reason };
}

function samplesWithin(trajectory: Trajectory, [from, to]: readonly [number, number]) {
  if (!(from <= to))
    throw new DomainError(`judgeWindow: a window must run from an earlier to a later step, got ${from} to ${to}`);
  const steps: number[] = [];
  const logs: number[] = [];
  const values: number[] = [];
  trajectory.steps.forEach((step, i) => {
    if (step < from || step > to) return;
    const value = trajectory.values[i]!;
    if (!(value > 0) || value === Number.POSITIVE_INFINITY)
      throw new DomainError(
        `judgeWindow: values must be positive and finite, got ${value} at step ${step} (${trajectory.role}, layer ${trajectory.layer}, run ${trajectory.run})`,
      );
    steps.push(step);
    values.push(value);
    logs.push(Math.log(value));
  });
  return { steps, logs, values };
}

function trendOf(steps: readonly number[], logs: readonly number[]): Trend {
  const n = steps.length;
  const unknown = Number.POSITIVE_INFINITY;
  if (n < 2) return { drift: 0, driftError: unknown, logError: unknown, autocorrelation: 1, margin: unknown };
  const centre = mean(steps);
  const level = mean(logs);
  const spread = steps.reduce((sum, s) => sum + (s - centre) ** 2, 0);
  const slope = steps.reduce((sum, s, i) => sum + (s - centre) * (logs[i]! - level), 0) / spread;
  const length = steps[n - 1]! - steps[0]!;
  const drift = slope * length;
  const residuals = withoutRounding(
    steps.map((s, i) => logs[i]! - level - slope * (s - centre)),
    logs,
  );
  const tau = n < 3 ? 1 : autocorrelationTime(residuals);
  if (n / tau < FEWEST_EFFECTIVE)
    return { drift, driftError: unknown, logError: unknown, autocorrelation: tau, margin: unknown };
  const noise = residuals.reduce((sum, r) => sum + r * r, 0) / (n - 2 * tau);
  const driftError = length * Math.sqrt((noise * tau) / spread);
  const margin = driftError * studentFactor(n / tau - 2);
  return { drift, driftError, logError: Math.sqrt((noise * tau) / n), autocorrelation: tau, margin };
}

/** Residuals that are all rounding become zero: their correlation means nothing. */
function withoutRounding(residuals: number[], logs: readonly number[]): number[] {
  const rounding = 16 * Number.EPSILON * Math.max(...logs.map(Math.abs));
  return residuals.every((r) => Math.abs(r) <= rounding) ? residuals.map(() => 0) : residuals;
}

function verdictOf(samples: number, { drift, margin }: Trend, tolerance: number): Verdict {
  if (samples < FEWEST_SAMPLES || margin === Number.POSITIVE_INFINITY) return 'too short';
  if (Math.abs(drift) + margin <= tolerance) return 'settled';
  return Math.abs(drift) > margin ? 'drifting' : 'too short';
}

function reasonOf(
  verdict: Verdict,
  [from, to]: readonly [number, number],
  samples: number,
  { drift, margin, autocorrelation }: Trend,
  tolerance: number,
): string {
  const where = `over steps ${from} to ${to}`;
  const effective = `${samples} samples, worth ${significant(samples / autocorrelation, 2)} independent ones`;
  if (samples < FEWEST_SAMPLES) return `too short: ${samples} samples ${where}, at least ${FEWEST_SAMPLES} are needed`;
  if (margin === Number.POSITIVE_INFINITY)
    return `too short: ${effective}, ${where}; at least ${FEWEST_EFFECTIVE} independent ones are needed`;
  const drifts = `ln(value) drifts by ${drift.toFixed(3)} +- ${margin.toFixed(3)} ${where} (95 %; ${effective})`;
  switch (verdict) {
    case 'settled':
      return `settled: ${drifts}, within the tolerance of ${tolerance}`;
    case 'drifting':
      return `drifting: ${drifts}; it is not zero, and not shown to stay within the tolerance of ${tolerance}`;
    case 'too short':
      return `too short: ${drifts}; that neither shows a drift nor rules out one beyond the tolerance of ${tolerance}`;
    default:
      return verdict satisfies never;
  }
}
