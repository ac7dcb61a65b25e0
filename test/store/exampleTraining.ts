/** A stand-in for training that goes through the store as a real run does; every number depends on all before it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, restoreRandom } from '../../src/base/random.ts';
import { createStudy, openStudy } from '../../src/store/studyFolder.ts';
import { metricsAt, run, spectrumAt, study } from './exampleRecords.ts';

export const CHECKPOINT_EVERY = 5;

/**
 * Begins or continues the example run up to `lastStep`.
 *
 * @param each called before each step
 */
export function trainTo(folder: string, lastStep: number, each: (step: number) => void = () => {}): void {
  const writer = existsSync(join(folder, 'study.json')) ? openStudy(folder) : createStudy(folder, study);
  const recorder = writer.openRun(run);
  const { checkpoint } = recorder;
  const random = checkpoint === null ? createRandom(run.config.seed) : restoreRandom(checkpoint.random.data!);
  const weights = new Float64Array(8);
  if (checkpoint !== null) weights.set(checkpoint.tensors.get('weights')?.data as Float64Array); // as saved below
  for (let step = (checkpoint?.step ?? 0) + 1; step <= lastStep; step++) {
    each(step);
    for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! * 0.9 + random.gaussian();
    const spectra =
      step % 2 === 0
        ? ['a', 'b', 'c'].map((name) => ({ ...spectrumAt(step, name), frobenius: Math.abs(weights[0]!) }))
        : [];
    recorder.appendStep({ ...metricsAt(step), loss: weights[1]! }, spectra);
    if (step % CHECKPOINT_EVERY === 0)
      recorder.saveCheckpoint({
        schema: 'muonscope.checkpoint/1',
        run: run.run,
        step,
        tokens: step * 64,
        random: { data: random.state() },
        numbers: {},
        tensors: new Map([['weights', { dtype: 'F64', shape: [8], data: weights }]]),
      });
  }
  recorder.close();
  writer.close();
}
