/** Whether a ladder can be trained here, asked before anything is allocated or written. */
import { UsageError } from '../base/errors.ts';
import { formatBytes, formatCount } from '../base/numbers.ts';
import type { StudyRun } from '../store/study.ts';
import { trainingBytes } from '../train/memory.ts';
import type { Rung } from './presets.ts';

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
