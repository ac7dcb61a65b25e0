/** How long a run will take on this machine, from a few steps of it. */
import { median } from '../base/sums.ts';
import type { StudyRun } from '../store/study.ts';
import { longestInterval } from './requireLadder.ts';
import { createRunTrainer, type RunResources, track } from './trainRun.ts';

/** Tracking may take this share of a run's wall time. */
const TRACKING_SHARE = 0.02;
const TRIAL_STEPS = 3;
/** Intervals between spectra that are tried, in steps. */
const INTERVALS: readonly number[] = [1, 2, 5, 10, 20, 25, 50, 100, 200];

/** What a trial of a run has shown. */
export interface Calibration {
  /**
   * Steps between two spectra: as wished, or the next interval at which tracking stays under its share, but never so
   * many that the window of settled values holds too few to judge.
   */
  readonly every: number;
  secondsOf(steps: number, every: number): number;
}

/** Does a few steps of a run and measures their spectra; records nothing. */
export async function calibrate(run: StudyRun, resources: RunResources): Promise<Calibration> {
  const trainer = await createRunTrainer(run.config, resources);
  try {
    const steps: number[] = [];
    const tracking: number[] = [];
    for (let i = 0; i < TRIAL_STEPS; i++) {
      steps.push((await trainer.advance()).seconds);
      tracking.push((await track(trainer, run, resources.pool)).seconds);
    }
    const stepSeconds = median(steps);
    const trackingSeconds = median(tracking);
    const shareAt = (every: number): number => trackingSeconds / (trackingSeconds + every * stepSeconds);
    const longest = longestInterval(run.config.steps);
    const intervals = [run.every, ...INTERVALS.filter((every) => every > run.every), longest];
    const affordable = intervals.find((every) => shareAt(every) < TRACKING_SHARE) ?? longest;
    return {
      every: Math.min(affordable, longest),
      secondsOf: (count, every) => count * stepSeconds + (count / every) * trackingSeconds,
    };
  } finally {
    await trainer.close();
  }
}
