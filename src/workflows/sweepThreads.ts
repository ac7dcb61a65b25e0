/** Threads that train runs of a sweep beside the main one. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../base/errors.ts';
import type { TrainingRecord } from '../dynamics/trainingRecord.ts';
import type { TrainingRun } from '../dynamics/trainingSweep.ts';
import type { DynamicsRequest } from './dynamics.ts';

/** To a thread: a run to train, or null to give up the one it is at. */
export type SweepOrder = TrainingRun | null;

/** From a thread: the record, null if it gave up, or why it failed. */
export type SweepAnswer = { readonly record: TrainingRecord | null } | { readonly failure: string };

export interface SweepThread {
  /** One run at a time. */
  train(run: TrainingRun): Promise<TrainingRecord | null>;
  stop(): Promise<void>;
}

/** Built beside the program; run from its sources, a sweep trains in one thread. */
const SCRIPT = new URL('./sweepThread.mjs', import.meta.url);

export function startSweepThreads(
  request: DynamicsRequest,
  count: number,
  signal: AbortSignal,
): readonly SweepThread[] {
  if (!existsSync(fileURLToPath(SCRIPT))) return [];
  return Array.from({ length: count }, () => startThread(request, signal));
}

function startThread(request: DynamicsRequest, signal: AbortSignal): SweepThread {
  const worker = new Worker(SCRIPT, { workerData: request });
  const order = (next: SweepOrder): void => worker.postMessage(next);
  signal.addEventListener('abort', () => order(null), { once: true });
  return {
    train: (run) =>
      new Promise((resolve, reject) => {
        const fail = (reason: string): void => reject(new EngineError(`dynamics: run ${run.id} failed: ${reason}`));
        worker.removeAllListeners();
        worker.once('message', (answer: SweepAnswer) =>
          'failure' in answer ? fail(answer.failure) : resolve(answer.record),
        );
        worker.once('error', ({ message }) => fail(message));
        worker.once('exit', (code) => fail(`its thread ended with code ${code}`));
        order(run);
      }),
    stop: async () => {
      worker.removeAllListeners();
      await worker.terminate();
    },
  };
}
