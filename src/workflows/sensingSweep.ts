/** The sweep behind `dynamics sensing`. */
import type { DynamicsResult } from '../dynamics/experiment.ts';
import { summariseSensing } from '../dynamics/sensing.ts';
import { runSensing, sensingPlan, sensingRuns } from '../dynamics/sensingSweep.ts';
import { sensingRecordSchema } from '../store/sweepSchemas.ts';
import type { DynamicsProgress, DynamicsRequest } from './dynamics.ts';
import { runSweep } from './sweep.ts';

/** @returns null if `signal` was aborted */
export async function runSensingSweep(
  { size, seed, out, resume }: DynamicsRequest,
  told: (progress: DynamicsProgress) => void,
  signal: AbortSignal,
): Promise<DynamicsResult | null> {
  const records = await runSweep(
    {
      folder: out,
      name: `sensing-${size}-${seed}`,
      runs: sensingRuns(sensingPlan(size), seed),
      schema: sensingRecordSchema,
      concurrency: 1,
      resume,
      run: runSensing,
    },
    (done, total) => told({ done: done / total, detail: `${done} of ${total} runs` }),
    signal,
  );
  return records === null ? null : summariseSensing(size, seed, records);
}
