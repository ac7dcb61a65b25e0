/** How long a run will take on this machine, from a few steps of it. */
import { median } from '../base/sums.ts';
import type { StudyRun } from '../store/study.ts';
import { createRunTrainer, type RunResources, track } from './trainRun.ts';

/** The first is slower and does not count. */
const TRIAL_STEPS = 4;

/** Seconds a run will take; does a few steps of it and measures their spectra, records nothing. */
export async function expectedSeconds(run: StudyRun, resources: RunResources): Promise<number> {
  const trainer = await createRunTrainer(run.config, resources);
  try {
    const steps: number[] = [];
    const tracking: number[] = [];
    for (let i = 0; i < TRIAL_STEPS; i++) {
      const { seconds } = await trainer.advance();
      const { seconds: trackingSeconds } = await track(trainer, run, resources.pool);
      if (i === 0) continue;
      steps.push(seconds);
      tracking.push(trackingSeconds);
    }
    const { steps: count } = run.config;
    return count * median(steps) + (count / run.every) * median(tracking);
  } finally {
    await trainer.close();
  }
}
