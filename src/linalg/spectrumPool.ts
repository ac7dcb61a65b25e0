/**
 * A pool of workers, one matrix a worker. Results are those of spectrumOf and singularValues, bit for bit.
 */
import { requireInteger } from '../base/checks.ts';
import { DomainError, EngineError } from '../base/errors.ts';
import { requireShape } from './gramEigenvalues.ts';
import { kernelModule } from './kernelModule.ts';
import type { Matrix, RandomMatrix } from './matrix.ts';
import type { SpectrumSummary } from './spectrumSummary.ts';
import type { PoolAnswer, PoolJob } from './workerMessages.ts';
import { WorkerQueue } from './workerQueue.ts';

export interface SpectrumPoolOptions {
  /** Threads to start. */
  readonly workers: number;
}

export interface PoolCallOptions {
  /**
   * Hand the matrix's buffer to the worker instead of copying it; `matrix.data` is empty afterwards. A view of part of a
   * buffer is copied nevertheless, because its neighbours would go with it.
   */
  readonly transfer?: boolean;
}

export interface SpectrumPool {
  /** As spectrumOf; a random matrix is drawn by the worker. Rejects with DomainError for a bad matrix, EngineError if the worker dies or the pool closes. */
  spectrum(
    matrix: Matrix | RandomMatrix,
    quantiles: readonly number[],
    options?: PoolCallOptions,
  ): Promise<SpectrumSummary>;
  /** As singularValues. */
  singularValues(matrix: Matrix | RandomMatrix, options?: PoolCallOptions): Promise<Float64Array>;
  /** Stops the workers; calls that have not answered reject with EngineError. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * Starts the workers; idle ones do not keep a Node process alive.
 *
 * @throws DomainError unless `workers` is a positive integer
 */
export function createSpectrumPool({ workers }: SpectrumPoolOptions): SpectrumPool {
  requireInteger('spectrum pool', 'workers', workers);
  const queue = new WorkerQueue(workers, kernelModule());
  return {
    async spectrum(matrix, quantiles, options = {}) {
      const answer = await queue.run(...prepare(matrix, quantiles, options));
      if ('summary' in answer) return answer.summary;
      throw failureOf(answer);
    },
    async singularValues(matrix, options = {}) {
      const answer = await queue.run(...prepare(matrix, null, options));
      if ('values' in answer) return answer.values;
      throw failureOf(answer);
    },
    close: () => queue.close(),
  };
}

/** The job and the buffers to hand over. A view is sliced first, since posting it would copy its whole buffer. */
function prepare(
  matrix: Matrix | RandomMatrix,
  quantiles: readonly number[] | null,
  { transfer = false }: PoolCallOptions,
): [PoolJob, ArrayBuffer[]] {
  if (!('data' in matrix)) return [{ matrix, quantiles }, []];
  requireShape(matrix); // a buffer that an earlier call took is found here
  const { rows, columns, data } = matrix;
  const { buffer } = data;
  const whole = buffer.byteLength === data.byteLength;
  const owned = transfer && whole && buffer instanceof ArrayBuffer;
  const sent = whole ? data : data.slice();
  const movable = owned || !whole ? [sent.buffer as ArrayBuffer] : []; // a slice's buffer is never shared
  return [{ matrix: { rows, columns, data: sent }, quantiles }, movable];
}

function failureOf(answer: PoolAnswer): Error {
  if (!('failure' in answer)) return new Error('spectrum pool: the answer belongs to another call');
  const { tag, message } = answer.failure;
  return tag === 'DomainError' ? new DomainError(message) : new EngineError(`spectrum pool: ${message}`);
}
