/** The body of a thread of sweepThreads.ts: trains what it is sent, on the data that the request names. */
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../graph/engine.ts';
import type { DynamicsRequest } from './dynamics.ts';
import { prepareSweep, trainSweptRun } from './preparedSweep.ts';
import type { SweepAnswer, SweepOrder } from './sweepThreads.ts';

const request = workerData as DynamicsRequest; // what startThread gave
const prepared = prepareSweep(request);
const engine = createEngine({ name: request.engine, threads: 1 });
const gaveUp = new AbortController();

async function answerTo(order: NonNullable<SweepOrder>): Promise<SweepAnswer> {
  try {
    return { record: await trainSweptRun(prepared, await engine, order, gaveUp.signal) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (order: SweepOrder) => {
  if (order === null) gaveUp.abort();
  else void answerTo(order).then((answer) => parentPort?.postMessage(answer));
});
