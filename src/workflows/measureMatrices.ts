/**
 * Reads and measures the matrices of a checkpoint with bounded memory: one more lane than there are workers, each of
 * which reads a matrix, has it measured and forgets it, so that one is read while the others are measured.
 */
import { DomainError } from '../base/errors.ts';
import { LARGEST_SIDE, workingBytes } from '../linalg/gramEigenvalues.ts';
import type { Matrix } from '../linalg/matrix.ts';
import { createSpectrumPool, type SpectrumPool } from '../linalg/spectrumPool.ts';
import type { MomentumMatrix } from '../sources/momentum/momentumMatrix.ts';
import type { UnmeasuredCause } from '../spectra/scannedMomentum.ts';
import { workersWithin } from './workers.ts';

/** What became of one matrix. */
export type MatrixOutcome<T> =
  | { readonly matrix: MomentumMatrix; readonly measured: T }
  | { readonly matrix: MomentumMatrix; readonly cause: UnmeasuredCause; readonly reason: string };

/** The number of workers whose matrices fit into memory beside the one that is read. */
export function workersFor(matrices: readonly MomentumMatrix[], workers?: number): number {
  const needs = matrices.filter(fits).map(({ shape: [rows, columns] }) => workingBytes(rows, columns));
  return workersWithin(needs, workers);
}

/**
 * Measures every matrix; one that is not finite or too large is an outcome like the others.
 *
 * @param measure may take the matrix's buffer
 * @param options.done called as each is done, in any order
 * @throws FormatError if the checkpoint cannot be read on; whatever `done` throws. Nothing is under way any more then.
 */
export async function measureMatrices<T>(
  matrices: readonly MomentumMatrix[],
  measure: (matrix: Matrix) => Promise<T>,
  {
    workers,
    signal,
    done,
  }: {
    readonly workers: number;
    readonly signal: AbortSignal;
    readonly done: (outcome: MatrixOutcome<T>) => void;
  },
): Promise<void> {
  const rest = matrices[Symbol.iterator]();
  let failed = false;
  const lane = async (): Promise<void> => {
    try {
      for (const matrix of rest) {
        const outcome = fits(matrix) ? await outcomeOf(matrix, measure) : tooLarge(matrix);
        if (failed || signal.aborted) return;
        done(outcome);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: workers + 1 }, lane));
  const failure = lanes.find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
}

/** Runs work with a pool that is closed afterwards; threads are not started for nothing. */
export async function withPool(
  workers: number,
  matrices: number,
  work: (pool: SpectrumPool, workers: number) => Promise<void>,
): Promise<void> {
  if (matrices === 0) return;
  const used = Math.min(workers, matrices);
  const pool = createSpectrumPool({ workers: used });
  try {
    await work(pool, used);
  } finally {
    await pool.close();
  }
}

/** Work of one matrix in units that only ratios mean: its Gram matrix and the reduction of it. */
export function workOf({ shape: [rows, columns] }: Pick<MomentumMatrix, 'shape'>): number {
  const side = Math.min(rows, columns);
  return side ** 2 * (Math.max(rows, columns) + 2 * side);
}

async function outcomeOf<T>(
  matrix: MomentumMatrix,
  measure: (matrix: Matrix) => Promise<T>,
): Promise<MatrixOutcome<T>> {
  const read = await matrix.read();
  try {
    return { matrix, measured: await measure(read) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { matrix, cause: 'not finite', reason: error.message.replace(/^singular values: /, '') };
  }
}

function fits({ shape }: MomentumMatrix): boolean {
  return Math.min(...shape) <= LARGEST_SIDE;
}

function tooLarge(matrix: MomentumMatrix): MatrixOutcome<never> {
  const reason = `the smaller side can be at most ${LARGEST_SIDE}, got ${matrix.shape.join(' x ')}`;
  return { matrix, cause: 'too large', reason };
}
