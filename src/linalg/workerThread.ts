/** One worker started from the bundled source: a thread in Node, a Blob worker in a browser. */
import type { PoolAnswer, PoolRequest } from './workerMessages.ts';
import { WORKER_SOURCE } from './workerSource.generated.ts';

export interface WorkerThread {
  post(request: PoolRequest, transfer: readonly ArrayBuffer[]): void;
  /** Whether the thread keeps the process alive; without effect in a browser. */
  hold(busy: boolean): void;
  stop(): Promise<void>;
}

export interface WorkerEvents {
  answer(answer: PoolAnswer): void;
  /** The thread died. */
  failure(message: string): void;
}

export function startWorkerThread(events: WorkerEvents): WorkerThread {
  const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
  return threads ? startInNode(threads, events) : startInBrowser(events);
}

function startInNode(threads: typeof import('node:worker_threads'), events: WorkerEvents): WorkerThread {
  // Empty execArgv: flags of the parent, such as loaders, are not for this self-contained script.
  const worker = new threads.Worker(WORKER_SOURCE, { eval: true, execArgv: [] });
  worker.on('message', (answer: PoolAnswer) => events.answer(answer));
  worker.on('error', (error: Error) => events.failure(error.message));
  worker.on('exit', (code) => events.failure(`it exited with code ${code}`));
  worker.unref();
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    hold: (busy) => (busy ? worker.ref() : worker.unref()),
    stop: async () => {
      await worker.terminate();
    },
  };
}

function startInBrowser(events: WorkerEvents): WorkerThread {
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }: MessageEvent<PoolAnswer>) => events.answer(data);
  worker.onerror = ({ message }) => events.failure(message);
  return {
    post: (request, transfer) => worker.postMessage(request, [...transfer]),
    hold: () => {},
    stop: async () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
