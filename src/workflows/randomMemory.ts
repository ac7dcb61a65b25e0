/** Whether matrices of some sizes fit into memory, and on how many threads at once. */
import { UsageError } from '../base/errors.ts';
import { formatBytes } from '../base/numbers.ts';
import { LARGEST_SIDE, workingBytes } from '../linalg/gramEigenvalues.ts';
import { usableMemory } from './machine.ts';
import type { Shape } from './randomLimit.ts';
import { SPARED_BYTES, workersWithin } from './workers.ts';

/** Longest typed array of Node 20. */
const MOST_ENTRIES = 2 ** 32;
/** More threads than any machine has cores for matrices of these sizes. */
const MOST_WORKERS = 256;

/**
 * The number of threads: as many as asked for or as there are cores, but no more than fit into memory.
 *
 * @param memory bytes that may be used; those of the machine or of the process's limit if left out
 * @throws UsageError for more than 256 threads, or if a matrix is beyond what the kernels or the memory can hold, before anything is allocated
 */
export function workersThatFit(shapes: readonly Shape[], workers?: number, memory: number = usableMemory()): number {
  if (workers !== undefined && workers > MOST_WORKERS)
    throw new UsageError(`random: expected at most ${MOST_WORKERS} workers, got ${workers}; one a core is best`);
  const needs = shapes.map(({ rows, columns }) => {
    const shape = `${rows} x ${columns}`;
    if (rows > LARGEST_SIDE)
      throw new UsageError(`random: a size can be at most ${LARGEST_SIDE}, got ${rows}; choose smaller sizes`);
    const bytes = workingBytes(rows, columns);
    if (rows * columns > MOST_ENTRIES || bytes + SPARED_BYTES > memory)
      throw new UsageError(
        `random: a ${shape} matrix needs ${formatBytes(bytes)} while its spectrum is computed and there are ` +
          `${formatBytes(Math.max(0, memory - SPARED_BYTES))}; choose smaller sizes or a smaller --aspect`,
      );
    return bytes;
  });
  return workersWithin(needs, workers, memory);
}
