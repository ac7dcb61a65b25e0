/** The sweeps behind `dynamics gpt` and `dynamics vit`: as many runs at a time as there are cores. */
import type { DynamicsResult } from '../dynamics/experiment.ts';
import { summariseTraining } from '../dynamics/training.ts';
import { type TrainingRun, trainingRuns } from '../dynamics/trainingSweep.ts';
import { createEngine } from '../graph/engine.ts';
import { trainingRecordSchema } from '../store/sweepSchemas.ts';
import type { DynamicsProgress, DynamicsRequest } from './dynamics.ts';
import { describeMachine } from './machine.ts';
import { prepareSweep, trainSweptRun } from './preparedSweep.ts';
import { requireEngine } from './requireEngine.ts';
import { runSweep } from './sweep.ts';
import { startSweepThreads } from './sweepThreads.ts';

/** Weights of models up to this width keep one core busy; larger ones use all cores for one run. */
const WIDTH_OF_ONE_CORE = 96;

/**
 * The experiments gpt and vit. ONNX Runtime works in the thread that calls it, so small models are trained in a thread a core.
 *
 * @returns null if `signal` was aborted
 */
export async function runTrainingSweep(
  request: DynamicsRequest,
  told: (progress: DynamicsProgress) => void,
  signal: AbortSignal,
): Promise<DynamicsResult | null> {
  requireEngine(request.engine);
  const prepared = prepareSweep(request);
  const { plan, data, fingerprint, width } = prepared;
  const { size, seed, out, resume } = request;
  const experiment = request.experiment === 'vit' ? 'vit' : 'gpt';
  const { cores } = describeMachine();
  const alone = width > WIDTH_OF_ONE_CORE;
  const threads = alone || request.engine !== 'cpu' ? [] : startSweepThreads(request, cores - 1, signal);
  const engine = await createEngine({ name: request.engine, threads: alone ? cores : 1 });
  const here = (run: TrainingRun, aborted: AbortSignal) => trainSweptRun(prepared, engine, run, aborted);
  const idle = [here, ...threads.map(({ train }) => train)];
  try {
    const records = await runSweep(
      {
        folder: out,
        name: `${experiment}-${size}-${seed}-${fingerprint.slice(0, 8)}`,
        runs: trainingRuns(plan, seed),
        schema: trainingRecordSchema,
        concurrency: idle.length,
        resume,
        async run(run, aborted) {
          const train = idle.pop() ?? here;
          try {
            return await train(run, aborted);
          } finally {
            idle.push(train);
          }
        },
      },
      (done, total) => told({ done: done / total, detail: `${done} of ${total} runs` }),
      signal,
    );
    return records === null ? null : summariseTraining({ experiment, size, seed, data }, records);
  } finally {
    await Promise.all(threads.map(({ stop }) => stop()));
  }
}
