/**
 * A pool of workers, one matrix a worker. Results are those of spectrumOf and singularValues, bit for bit.
 */
import { requireInteger } from '../base/checks.ts';
import { DomainError, EngineError } from '../base/errors.ts';
import { kernelModule } from './kernelModule.ts';
import type { Matrix, RandomMatrix } from './matrix.ts';
import type { SpectrumSummary } from './spectrumSummary.ts';
import type { PoolAnswer, PoolJob } from './workerMessages.ts';
import { startWorkerThread, type WorkerThread } from './workerThread.ts';

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

interface Task {
  readonly job: PoolJob;
  readonly transfer: readonly ArrayBuffer[];
  resolve(answer: PoolAnswer): void;
  reject(error: Error): void;
}

interface Slot {
  readonly thread: WorkerThread;
  task: Task | null;
}

/**
 * Starts the workers; idle ones do not keep a Node process alive.
 *
 * @throws DomainError unless `workers` is a positive integer
 */
export function createSpectrumPool({ workers }: SpectrumPoolOptions): SpectrumPool {
  requireInteger('spectrum pool', 'workers', workers);
  const waiting: Task[] = [];
  const slots: Slot[] = Array.from({ length: workers }, startSlot);
  let closed: EngineError | null = null;

  function startSlot(): Slot {
    const slot: Slot = {
      task: null,
      thread: startWorkerThread({
        answer: (answer) => finish(slot, (task) => task.resolve(answer)),
        failure: (message) => fail(`spectrum pool: a worker stopped, ${message}`),
      }),
    };
    slot.thread.post({ module: kernelModule() }, []);
    return slot;
  }

  function finish(slot: Slot, settle: (task: Task) => void): void {
    const { task } = slot;
    slot.task = null;
    slot.thread.hold(false);
    if (task) settle(task);
    dispatch();
  }

  function dispatch(): void {
    for (const slot of slots) {
      if (slot.task) continue;
      const task = waiting.shift();
      if (!task) return;
      slot.task = task;
      slot.thread.hold(true);
      slot.thread.post(task.job, task.transfer);
    }
  }

  /** One dead worker ends the pool: whatever killed it would kill the next. */
  function fail(message: string): void {
    if (closed) return;
    const error = new EngineError(message);
    closed = error;
    for (const task of waiting.splice(0)) task.reject(error);
    for (const slot of slots) {
      slot.task?.reject(error);
      slot.task = null;
    }
  }

  function run(
    matrix: Matrix | RandomMatrix,
    quantiles: readonly number[] | null,
    options: PoolCallOptions,
  ): Promise<PoolAnswer> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(closed);
      waiting.push({ ...prepare(matrix, quantiles, options), resolve, reject });
      dispatch();
    });
  }

  return {
    async spectrum(matrix, quantiles, options = {}) {
      const answer = await run(matrix, quantiles, options);
      if ('summary' in answer) return answer.summary;
      throw failureOf(answer);
    },
    async singularValues(matrix, options = {}) {
      const answer = await run(matrix, null, options);
      if ('values' in answer) return answer.values;
      throw failureOf(answer);
    },
    async close() {
      fail('spectrum pool: it is closed; create another one');
      await Promise.all(slots.map((slot) => slot.thread.stop()));
    },
  };
}

/** A job whose data is a buffer of its own where that saves copying more than the matrix. */
function prepare(
  matrix: Matrix | RandomMatrix,
  quantiles: readonly number[] | null,
  { transfer = false }: PoolCallOptions,
): Pick<Task, 'job' | 'transfer'> {
  if (!('data' in matrix)) return { job: { matrix, quantiles }, transfer: [] };
  const { rows, columns, data } = matrix;
  const { buffer } = data;
  const whole = buffer.byteLength === data.byteLength;
  const owned = transfer && whole && buffer instanceof ArrayBuffer;
  const sent = whole ? data : data.slice();
  const movable = owned || !whole ? [sent.buffer as ArrayBuffer] : []; // a slice's buffer is never shared
  return { job: { matrix: { rows, columns, data: sent }, quantiles }, transfer: movable };
}

function failureOf(answer: PoolAnswer): Error {
  if (!('failure' in answer)) return new Error('spectrum pool: the answer belongs to another call');
  const { tag, message } = answer.failure;
  return tag === 'DomainError' ? new DomainError(message) : new EngineError(`spectrum pool: ${message}`);
}
