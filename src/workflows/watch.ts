/**
 * Measures what a training job writes, as it appears: checkpoints, and lines of recorder logs.
 *
 * The folder is looked at every few seconds, which works on network disks too. A checkpoint is measured once nothing of it
 * has changed for that long. What is in the study already is not measured again, so a watch that is stopped goes on where
 * it was.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FormatError, type MuonscopeError, UsageError } from '../base/errors.ts';
import { groupCheckpoints } from '../sources/momentum/checkpointFiles.ts';
import { type LogEntry, readNewLines } from '../store/logFile.ts';
import { WATCH_SCHEMA, type WatchResult } from '../store/observedSchemas.ts';
import { openRuns, spectrumOf } from './ingest.ts';
import { openForObserving } from './observedStudy.ts';
import { checkpointsAt, type FindingFlags } from './openMomentum.ts';
import { type ScanListener, type ScanRequest, scanOne } from './scan.ts';
import { type Candidate, candidatesIn } from './watchedFolder.ts';

export type { WatchResult };

/** What is watched and where it goes. */
export interface WatchRequest extends Omit<ScanRequest, 'step' | 'out'> {
  readonly folder: string;
  readonly out: string;
  readonly finding: FindingFlags;
  /** Seconds between two looks, and without change before a checkpoint counts as written. */
  readonly interval: number;
  /** End when everything there is has been measured. */
  readonly once: boolean;
}

/** Told as a watch goes on. */
export interface WatchListener extends ScanListener {
  /** A log has new lines. */
  ingested(file: string, added: number): void;
  /** A checkpoint or log cannot be read; it is looked at again when it changes. */
  failed(name: string, reason: string): void;
  /** Everything there is has been measured; `unfinished` files are still being written. */
  waiting(unfinished: number): void;
}

/** Watches until `signal` stops it, or, if asked to, until everything there is has been measured. */
export async function watchFolder(
  request: WatchRequest,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<WatchResult> {
  const watch = createWatch(request, listener, signal);
  for (let told = false; !signal.aborted; ) {
    const { worked, unfinished } = await watch.look();
    if (signal.aborted || (request.once && unfinished === 0)) break;
    if (worked || !told) listener.waiting(unfinished);
    told = true;
    await sleep(1000 * request.interval, undefined, { signal }).catch(() => {});
  }
  return watch.result();
}

/** One group of files that is measured together, or a log. */
interface Work {
  readonly name: string;
  readonly paths: readonly string[];
  readonly state: string;
  readonly changed: number;
  readonly kind: Candidate['kind'];
}

interface Watch {
  /** One look at the folder. */
  look(): Promise<{ readonly worked: boolean; readonly unfinished: number }>;
  result(): WatchResult;
}

function createWatch(request: WatchRequest, listener: WatchListener, signal: AbortSignal): Watch {
  const seen = new Map<string, string>();
  const done = new Map<string, string>();
  const failed = new Map<string, string>();
  const ends = new Map<string, number>();
  const checkpoints = new Set<string>();
  const logs = new Set<string>();
  let added = 0;
  const counting: WatchListener = {
    ...listener,
    measured: (spectrum, share) => {
      added++;
      listener.measured(spectrum, share);
    },
  };

  const attempt = async (work: Work, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
      failed.delete(work.name);
    } catch (error) {
      if (!isOfTheFile(error, work)) throw error;
      if (!existsSync(work.paths[0] ?? '')) return;
      failed.set(work.name, error.message);
      listener.failed(work.name, error.message);
    }
  };
  const scan = (work: Work): Promise<void> =>
    attempt(work, async () => {
      for (const open of checkpointsAt(work.paths, request.finding)) {
        const study = openForObserving(request.out);
        try {
          await scanOne(open, request, study, counting, signal);
        } finally {
          study.close();
        }
      }
      checkpoints.add(work.name);
    });
  const ingest = (work: Work): Promise<void> =>
    attempt(work, async () => {
      // A long file is taken in parts.
      for (let from = ends.get(work.name) ?? 0, isOver = false; !isOver && !signal.aborted; ) {
        const news = addNewLines(work.name, from, request);
        ends.set(work.name, news.end);
        isOver = news.end <= from;
        from = news.end;
        if (news.spectra > 0) logs.add(work.name);
        added += news.added;
        if (news.added > 0) listener.ingested(work.name, news.added);
      }
    });

  return {
    look: async () => {
      let [worked, unfinished] = [false, 0];
      for (const work of workIn(await candidatesIn(request.folder, request.out))) {
        if (signal.aborted) break;
        const isSettled = work.kind === 'log' || isUnchanged(work, seen.get(work.name), request.interval);
        seen.set(work.name, work.state);
        if (done.get(work.name) === work.state) continue;
        if (!isSettled) {
          unfinished++;
          continue;
        }
        await (work.kind === 'log' ? ingest(work) : scan(work));
        if (!signal.aborted) done.set(work.name, work.state);
        worked = true;
      }
      return { worked, unfinished };
    },
    result: () => ({
      schema: WATCH_SCHEMA,
      folder: request.folder,
      out: request.out,
      checkpoints: [...checkpoints],
      logs: [...logs],
      added,
      failed: [...failed].map(([name, reason]) => ({ name, reason })),
    }),
  };
}

/** Checkpoints with the files of all ranks, by step, then logs. */
function workIn(candidates: readonly Candidate[]): readonly Work[] {
  const byPath = new Map(candidates.map((candidate) => [candidate.path, candidate]));
  const files = candidates.filter(({ kind }) => kind === 'checkpoint').map(({ path }) => path);
  const groups = groupCheckpoints(files).map(({ paths, model }): Work => {
    const all = model === null ? paths : [...paths, model];
    const members = all.flatMap((path) => byPath.get(path) ?? []);
    return {
      kind: 'checkpoint',
      name: paths[0] ?? '',
      paths: all,
      state: members.map(({ path, state }) => `${path} ${state}`).join(),
      changed: members.reduce((latest, { changed }) => Math.max(latest, changed), 0),
    };
  });
  const logs = candidates
    .filter(({ kind }) => kind === 'log')
    .map(({ path, ...log }): Work => ({ ...log, name: path, paths: [path] }));
  return [...groups, ...logs];
}

/** Whether nothing has changed since the last look, or for long enough before the first. */
function isUnchanged({ state, changed }: Work, seen: string | undefined, interval: number): boolean {
  return seen === undefined ? Date.now() - changed > 1000 * interval : seen === state;
}

/** Whether an error speaks of what was read, and not of the study or the flags. */
function isOfTheFile(error: unknown, { paths }: Work): error is MuonscopeError {
  if (error instanceof FormatError) return true;
  return error instanceof UsageError && !paths.every((path) => existsSync(path));
}

/** Adds the whole lines of a log that came after byte `from`. */
function addNewLines(
  file: string,
  from: number,
  request: WatchRequest,
): { readonly end: number; readonly spectra: number; readonly added: number } {
  const { entries, end } = readNewLines(file, from);
  const records = entries.filter((entry) => entry.kind === 'record');
  const isLog = from > 0 || records.some(({ record, line }) => isSpectrum(record, file, line));
  if (!isLog) return { end, spectra: 0, added: 0 };
  return { end, ...addRecords(file, records, request) };
}

function addRecords(
  file: string,
  records: readonly Extract<LogEntry, { readonly kind: 'record' }>[],
  request: WatchRequest,
): { readonly spectra: number; readonly added: number } {
  const study = openForObserving(request.out);
  const runs = openRuns(study, request);
  let [spectra, added] = [0, 0];
  try {
    for (const { record, line } of records) {
      const spectrum = spectrumOf(record, { file, line, folder: file });
      if (spectrum === null) continue;
      spectra++;
      if (runs.add(spectrum, { file, line })) added++;
    }
    return { spectra, added };
  } finally {
    runs.close();
    study.close();
  }
}

/** Other JSON lines are none of ours: a job may write metrics beside its spectra. */
function isSpectrum(record: unknown, file: string, line: number): boolean {
  try {
    return spectrumOf(record, { file, line, folder: file }) !== null;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
