/**
 * What a schedule makes of a measured spectrum: the arithmetic of an audit.
 *
 * 1. Entry: sigma = s / (scale ||X||_F + epsilon) times scale, so that an epsilon that is not small against the norm
 *    shrinks every direction, as it does in the optimizer.
 * 2. Output of every direction, exactly and in the schedule's precision (newtonSchulz/precisionModel.ts).
 * 3. Shares of directions below each level, and the descent kept.
 */
import { precisionModel } from '../newtonSchulz/precisionModel.ts';
import { measuredSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { NsEntry, NsPrecision, NsSchedule, Remedy } from '../newtonSchulz/schedule.ts';
import { AUDIT_LEVELS, type AuditedMatrix, type SharesBelow } from './audit.ts';

/** What is computed of one matrix. */
export type JudgedSpectrum = Pick<
  AuditedMatrix,
  'frobenius' | 'below' | 'exactBelow' | 'kept' | 'descentKept' | 'floor'
>;

/** A direction that comes halfway is kept. */
const KEPT_LEVEL = '0.5';

/** A norm within this factor of epsilon is changed by it by a percent or more. */
const NEAR_EPSILON = 100;

/**
 * @param sigma all singular values, descending, in the scale of the matrix, not all zero
 * @throws DomainError for a schedule with another entry than "frobenius", or an impossible spectrum
 */
export function judgeSpectrum(
  sigma: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  schedule: NsSchedule,
  remedy: Remedy = 'none',
): JudgedSpectrum {
  const spectrum = measuredSpectrum(sigma, rows, columns);
  const frobenius = (sigma[0] ?? 0) / (spectrum.values[0] ?? 1); // without squares, which could overflow
  const shrink = entryShrink(frobenius, schedule.entry);
  const entered = spectrum.values.map((s) => Math.min(1, s * shrink));
  const outputs = precisionModel(spectrum, schedule.precision, { remedy }).outputsOf(schedule, entered);
  const rounded = outputs.map(({ output }) => output);
  const limits = outputs.map(({ limit }) => limit);
  const below = sharesBelow(rounded);
  return {
    frobenius,
    below,
    exactBelow: sharesBelow(outputs.map(({ exact }) => exact)),
    kept: 1 - below[KEPT_LEVEL],
    descentKept: descentKept(spectrum.values, rounded),
    floor: floorOf(limits, schedule.precision),
  };
}

/** Whether epsilon is not small against what it is added to. @param frobenius positive */
export function isNearEpsilon(frobenius: number, { scale, epsilon }: NsEntry): boolean {
  return scale * frobenius < NEAR_EPSILON * epsilon;
}

/** The factor by which epsilon makes every direction smaller, in (0, 1]. */
export function entryShrink(frobenius: number, { scale, epsilon }: NsEntry): number {
  return (scale * frobenius) / (scale * frobenius + epsilon);
}

function sharesBelow(outputs: readonly number[]): SharesBelow {
  const share = (level: number): number => outputs.filter((output) => output < level).length / outputs.length;
  const [failed, half, most] = AUDIT_LEVELS;
  return { [failed]: share(failed), [half]: share(half), [most]: share(most) } as SharesBelow; // keyed by these levels
}

function descentKept(sigma: readonly number[], outputs: readonly number[]): number {
  const whole = sigma.reduce((sum, s) => sum + s, 0);
  return sigma.reduce((sum, s, i) => sum + s * Math.min(1, outputs[i] ?? 0), 0) / whole;
}

function floorOf(limits: readonly number[], precision: NsPrecision): AuditedMatrix['floor'] {
  const at = (q: number): number => limits[Math.ceil(q * limits.length) - 1] ?? 0;
  return {
    precision,
    median: at(0.5),
    small: at(0.9),
    lost: limits.filter((limit) => limit < Number(KEPT_LEVEL)).length / limits.length,
  };
}
