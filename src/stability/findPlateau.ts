/**
 * Our own rule: the longest stretch up to `until` over which a trajectory stands still.
 *
 * Input: a trajectory. Output: a Plateau.
 * Method:
 * 1. drop the samples after `until`, such as those of the learning-rate decay;
 * 2. candidate windows end at `until` and start at evenly spread steps, from the first sample to a third before the end;
 * 3. judge them from the longest to the shortest (see window.ts); the first that has settled is the plateau;
 * 4. if none has, the answer is the verdict on the shortest, the stretch with the least burn-in in it.
 * A longer window is judged against the same tolerance, hence against a smaller drift per step: trying several does not
 * make it easier to settle, and a long plateau is averaged whole.
 */
import { requirePositive } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Plateau, SettledValue, Trajectory } from './plateau.ts';
import { DRIFT_TOLERANCE, judgeWindow } from './window.ts';

/** Starts tried, the first sample included. */
const CANDIDATES = 13;
/** The shortest candidate as a share of the steps up to `until`: the length of the paper-like window 0.6 to 0.9. */
const SHORTEST = 1 / 3;

export interface PlateauOptions {
  /** Last step that may count; default: the last sample. Set it to where the learning rate begins to decay. */
  readonly until?: number;
  /** Largest drift of ln(value) over the window that counts as none. */
  readonly tolerance?: number;
}

/**
 * Where a trajectory has settled, if it has.
 *
 * @returns a verdict with its numbers; not finding a plateau is an answer
 * @throws DomainError if a value is not positive, `until` is NaN or the tolerance is not positive
 */
export function findPlateau(
  trajectory: Trajectory,
  { until = Number.POSITIVE_INFINITY, tolerance = DRIFT_TOLERANCE }: PlateauOptions = {},
): Plateau {
  requirePositive('findPlateau', 'tolerance', tolerance);
  if (Number.isNaN(until)) throw new DomainError('findPlateau: until must be a step, got NaN');
  const steps = trajectory.steps.filter((step) => step <= until);
  const first = steps[0];
  const last = steps.at(-1);
  if (first === undefined || last === undefined) return emptyPlateau(trajectory, until);
  let plateau = judgeWindow(trajectory, [first, last], tolerance);
  for (let k = 1; k < CANDIDATES && plateau.verdict !== 'settled'; k++) {
    const from = first + Math.round(((last - first) * (1 - SHORTEST) * k) / (CANDIDATES - 1));
    plateau = judgeWindow(trajectory, [from, last], tolerance);
  }
  return plateau;
}

/** A trajectory reduced to its settled value, ready for a law. */
export function settledValue(trajectory: Trajectory, plateau: Plateau): SettledValue {
  const { run, params, nonEmbeddingParams, role, layer, depth, shape, quantile } = trajectory;
  return { run, params, nonEmbeddingParams, role, layer, depth, shape, quantile, plateau };
}

function emptyPlateau(trajectory: Trajectory, until: number): Plateau {
  const first = trajectory.steps[0];
  const step = Number.isFinite(until) ? until : 0;
  const found = first === undefined ? 'the trajectory is empty' : `the first sample is at step ${first}`;
  return {
    verdict: 'too short',
    window: [step, step],
    value: null,
    logError: Number.POSITIVE_INFINITY,
    drift: 0,
    driftError: Number.POSITIVE_INFINITY,
    autocorrelation: 1,
    samples: 0,
    reason: `too short: no sample up to step ${step}, ${found}`,
  };
}
