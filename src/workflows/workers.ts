/** How many threads measure matrices at once. */
import { availableParallelism } from 'node:os';
import { usableMemory } from './machine.ts';

/** Kept free for the rest of the process and the machine. */
export const SPARED_BYTES: number = 512 * 2 ** 20;
/** Of a thread beside its matrix. */
const THREAD_BYTES = 30 * 2 ** 20;

/**
 * As many as asked for or as there are cores, but no more than fit into memory, and at least one.
 *
 * @param needs bytes that each matrix takes while it is measured
 */
export function workersWithin(
  needs: readonly number[],
  workers: number = availableParallelism(),
  memory: number = usableMemory(),
): number {
  const most = needs.reduce((largest, bytes) => Math.max(largest, bytes), 1);
  return Math.max(1, Math.min(workers, Math.floor((memory - SPARED_BYTES) / (most + THREAD_BYTES))));
}
