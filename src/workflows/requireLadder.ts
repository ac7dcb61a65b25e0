/** Whether a ladder can be trained here, asked before anything is allocated or written. */
import { totalmem } from 'node:os';
import { UsageError } from '../base/errors.ts';
import { formatBytes, formatCount } from '../base/numbers.ts';
import { windowOf } from '../stability/fixedWindow.ts';
import { FEWEST_SAMPLES } from '../stability/window.ts';
import type { StudyRun } from '../store/study.ts';
import { trainingBytes } from '../train/memory.ts';
import type { Rung } from './presets.ts';

/** Memory this process may use: that of the machine, or of its container if that is less. */
export function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** @throws UsageError if two rungs are the same, or fewer than two are given */
export function requireDifferentSizes(rungs: readonly Rung[]): void {
  const names = rungs.map(({ layers, width }) => `${layers}x${width}`);
  const again = names.find((name, i) => names.indexOf(name) < i);
  if (again !== undefined)
    throw new UsageError(`--sizes: expected different sizes, got ${again} more than once; leave the second out`);
  if (names.length < 2)
    throw new UsageError(
      `--sizes: laws need at least two sizes, got ${names.join()}; give more, or train one model with muonscope train`,
    );
}

/** @throws UsageError with the memory a run would need if that is more than `memoryBytes` */
export function requireMemory({ run, params, config }: StudyRun, memoryBytes: number): void {
  const needed = trainingBytes(config);
  if (needed > memoryBytes)
    throw new UsageError(
      `${run}: training ${formatCount(params)} parameters in batches of ${config.batch} x ${config.model.context} tokens needs about ${formatBytes(needed)} of memory, this machine has ${formatBytes(memoryBytes)}; choose a smaller model, batch or context`,
    );
}

/** @throws UsageError if no spectrum falls into the steps that settled values are read from */
export function requireSettledSpectra(every: number, steps: number): void {
  const { from, to } = windowOf(steps);
  if (Math.floor(to / every) * every < from)
    throw new UsageError(
      `--every: expected a spectrum between step ${from} and ${to}, where settled values are read, got one every ${every} steps; use at most ${longestInterval(steps)}`,
    );
}

/** Most steps between two spectra that leave the fixed window enough of them to judge. */
export function longestInterval(steps: number): number {
  const { from, to } = windowOf(steps);
  return Math.max(1, Math.floor((to - from) / FEWEST_SAMPLES));
}
