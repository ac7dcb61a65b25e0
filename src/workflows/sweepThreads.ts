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

/** @returns no thread where the script is not built */
export function startSweepThreads(
  request: DynamicsRequest,
  count: number,
  signal: AbortSignal,
): readonly SweepThread[] {
  if (!existsSync(fileURLToPath(SCRIPT))) return [];
  return Array.from({ length: count }, () => startThread(request, signal));
}

interface WaitingRun {
  readonly id: string;
  resolve(record: TrainingRecord | null): void;
  reject(error: EngineError): void;
}

function startThread(request: DynamicsRequest, signal: AbortSignal): SweepThread {
  const worker = new Worker(SCRIPT, { workerData: request });
  const order = (next: SweepOrder): void => worker.postMessage(next);
  let waiting: WaitingRun | null = null;
  let ended: string | null = null;
  const settle = (answer: SweepAnswer): void => {
    const run = waiting;
    waiting = null;
    if ('record' in answer) run?.resolve(answer.record);
    else run?.reject(new EngineError(`dynamics: run ${run.id} failed: ${answer.failure}`));
  };
  const end = (reason: string): void => {
    ended ??= reason;
    settle({ failure: ended });
  };
  worker.on('message', settle);
  worker.on('error', ({ message }) => end(message));
  worker.on('exit', (code) => end(`its thread ended with code ${code}`));
  const giveUp = (): void => order(null);
  signal.addEventListener('abort', giveUp, { once: true });
  return {
    train: (run) =>
      new Promise((resolve, reject) => {
        waiting = { id: run.id, resolve, reject };
        if (ended === null) order(run);
        else settle({ failure: ended });
      }),
    stop: async () => {
      signal.removeEventListener('abort', giveUp);
      await worker.terminate();
    },
  };
}
