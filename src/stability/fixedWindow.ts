/** The paper's rule: the settled value is the mean over one fixed window of steps, the same for every size. */
import { DomainError } from '../base/errors.ts';
import type { Plateau, Trajectory } from './plateau.ts';
import { DRIFT_TOLERANCE, judgeWindow } from './window.ts';

/** A window in steps, both ends included. */
export interface StepWindow {
  readonly from: number;
  readonly to: number;
}

/** The window of arXiv:2606.04058: the same absolute steps for every size of its ladder. */
export const PAPER_WINDOW: StepWindow = { from: 1300, to: 1500 };

/**
 * Shares of a run's steps that stand in for {@link PAPER_WINDOW} where runs have another length: late enough to be
 * past the burn-in, and before the learning-rate decay of the last 10 %, during which the spectrum moves again.
 */
export const WINDOW_SHARE: StepWindow = { from: 0.6, to: 0.9 };

/**
 * The window of a run of `steps` steps.
 *
 * @example windowOf(500) // { from: 300, to: 450 }
 */
export function windowOf(steps: number, share: StepWindow = WINDOW_SHARE): StepWindow {
  if (!(steps > 0) || !(share.from >= 0 && share.from < share.to && share.to <= 1))
    throw new DomainError(
      `windowOf: expected steps above 0 and shares with 0 <= from < to <= 1, got ${steps} steps, ${share.from} to ${share.to}`,
    );
  return { from: Math.round(share.from * steps), to: Math.round(share.to * steps) };
}

/**
 * Mean over the samples with from <= step <= to, with the verdict whether it had settled there.
 *
 * @returns `value` is null if the window holds no sample
 * @throws DomainError if the window is turned round or a value in it is not positive
 * @source arXiv:2606.04058: settled value = mean over steps 1300-1500
 */
export function fixedWindow(
  trajectory: Trajectory,
  { from, to }: StepWindow = PAPER_WINDOW,
  { tolerance = DRIFT_TOLERANCE }: { readonly tolerance?: number } = {},
): Plateau {
  return judgeWindow(trajectory, [from, to], tolerance);
}
