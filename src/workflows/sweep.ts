/** A sweep: many runs whose records are kept as they are made, so that an interrupted one goes on where it was. */
import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import { StudyError } from '../base/errors.ts';
import { hasSweep, openSweep } from '../store/dynamicsFolder.ts';

export interface Sweep<Run extends { readonly id: string }, Outcome extends { readonly id: string }> {
  readonly folder: string;
  /** Of the records' file; the same for the same runs. */
  readonly name: string;
  readonly runs: readonly Run[];
  readonly schema: z.ZodType<Outcome>;
  /** Runs at a time. */
  readonly concurrency: number;
  /** Whether records of earlier runs are taken up; without it their presence is refused. */
  readonly resume: boolean;
  run(run: Run, signal: AbortSignal): Promise<Outcome | null> | Outcome;
}

/**
 * Does every run that has no record yet.
 *
 * @returns the records in the order of the runs; null if `signal` was aborted before all were done
 * @throws StudyError if the folder holds records and `resume` is not set, or no such sweep and it is
 */
export async function runSweep<Run extends { readonly id: string }, Outcome extends { readonly id: string }>(
  { folder, name, runs, schema, concurrency, resume, run }: Sweep<Run, Outcome>,
  told: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<readonly Outcome[] | null> {
  if (resume && !hasSweep(folder, name))
    throw new StudyError(
      `dynamics: ${folder} holds no sweep of this experiment, preset and seed to go on with; leave out --resume to start one`,
      folder,
    );
  const file = openSweep(folder, name, schema);
  try {
    const found = new Map(file.records.map((record) => [record.id, record]));
    if (found.size > 0 && !resume && runs.some(({ id }) => !found.has(id)))
      throw new StudyError(
        `dynamics: ${folder} holds ${found.size} of ${runs.length} runs of this sweep; go on with --resume or give another --out`,
        folder,
      );
    const waiting = runs.filter(({ id }) => !found.has(id));
    told(runs.length - waiting.length, runs.length);
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
        const record = await run(next, signal);
        if (record === null) return;
        file.append(record);
        found.set(record.id, record);
        told(runs.length - waiting.length, runs.length);
        await setImmediate(); // lets an interrupt in between runs that never wait
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const records = runs.flatMap(({ id }) => found.get(id) ?? []);
    return records.length === runs.length ? records : null;
  } finally {
    file.close();
  }
}
