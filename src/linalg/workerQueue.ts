/** Jobs waiting for workers: each worker has at most one, in the order they came. */
import { EngineError } from '../base/errors.ts';
import type { PoolAnswer, PoolJob } from './workerMessages.ts';
import { startWorkerThread, type WorkerThread } from './workerThread.ts';

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

/** A resource to close: `workers` threads and what they have to do. */
export class WorkerQueue {
  private readonly waiting: Task[] = [];
  private readonly slots: readonly Slot[];
  private closed: EngineError | null = null;

  constructor(workers: number, module: WebAssembly.Module) {
    this.slots = Array.from({ length: workers }, () => this.startSlot(module));
  }

  /** Rejects with EngineError if the queue is closed, is closed meanwhile, or a worker dies. */
  run(job: PoolJob, transfer: readonly ArrayBuffer[]): Promise<PoolAnswer> {
    if (this.closed) return Promise.reject(this.closed);
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, transfer, resolve, reject });
      this.dispatch();
    });
  }

  async close(): Promise<void> {
    this.fail('it is closed; create another one');
    await Promise.all(this.slots.map((slot) => slot.thread.stop()));
  }

  private startSlot(module: WebAssembly.Module): Slot {
    const slot: Slot = {
      task: null,
      thread: startWorkerThread({
        answer: (answer) => this.finish(slot, answer),
        failure: (message) => this.fail(`a worker stopped, ${message}; create another pool`),
      }),
    };
    slot.thread.post({ module }, []);
    return slot;
  }

  private dispatch(): void {
    for (const slot of this.slots) {
      if (slot.task) continue;
      const task = this.waiting.shift();
      if (!task) return;
      slot.task = task;
      slot.thread.hold(true);
      slot.thread.post(task.job, task.transfer);
    }
  }

  private finish(slot: Slot, answer: PoolAnswer): void {
    const { task } = slot;
    slot.task = null;
    slot.thread.hold(false);
    task?.resolve(answer);
    this.dispatch();
  }

  /** One dead worker ends the queue: whatever killed it would kill the next. */
  private fail(message: string): void {
    if (this.closed) return;
    this.closed = new EngineError(`spectrum pool: ${message}`);
    const running = this.slots.flatMap((slot) => slot.task ?? []);
    for (const task of [...running, ...this.waiting.splice(0)]) task.reject(this.closed);
    for (const slot of this.slots) slot.task = null;
  }
}
