/**
 * Measures what a training job writes, as it appears: checkpoints, and lines of recorder logs.
 *
 * The folder is looked at every few seconds, which works on network disks too. A checkpoint is measured once nothing of it
 * has changed for that long. What is in the study already is not measured again, so a watch that is stopped goes on where
 * it was.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FormatError, type MuonscopeError, UsageError } from '../base/errors.ts';
import { groupCheckpoints } from '../sources/momentum/checkpointFiles.ts';
import { WATCH_SCHEMA, type WatchResult } from '../store/observedSchemas.ts';
import { openForObserving } from './observedStudy.ts';
import { checkpointsAt, type FindingFlags } from './openMomentum.ts';
import { type ScanListener, type ScanRequest, scanOne } from './scan.ts';
import { type Candidate, candidatesIn } from './watchedFolder.ts';
import { type LeftLine, watchedLogs } from './watchedLogs.ts';

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
  /** Lines of a log are no spectra; those behind them are taken. */
  leftOut(lines: readonly LeftLine[]): void;
  /** Everything there is has been measured; `unfinished` files are still being written. */
  waiting(unfinished: number): void;
}

/**
 * Watches until `signal` stops it, or, if asked to, until everything there is has been measured.
 *
 * @throws UsageError if the folder is none, or is gone while it is watched; what was measured before is kept
 * @throws StudyError if the study cannot be written, which is tried first
 */
export async function watchFolder(
  request: WatchRequest,
  listener: WatchListener,
  signal: AbortSignal,
): Promise<WatchResult> {
  requireApart(request);
  openForObserving(request.out).close();
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

/** @throws UsageError if the study would be written into what is watched, as a part of it */
function requireApart({ folder, out }: WatchRequest): void {
  if (resolve(folder) === resolve(out))
    throw new UsageError(
      `--out: expected another folder than ${folder}, which is watched; give a new one for the study`,
    );
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
  const { measure, result } = createMeasuring(request, listener, signal);
  let looks = 0;
  const candidates = async (): Promise<readonly Candidate[]> => {
    if (looks++ > 0 && !existsSync(request.folder))
      throw new UsageError(
        `watch: ${request.folder} is gone: it was removed or renamed while it was watched; what was measured is kept, and the same command goes on once it is there again`,
      );
    return candidatesIn(request.folder, request.out);
  };
  const look = async (): Promise<{ readonly worked: boolean; readonly unfinished: number }> => {
    let [worked, unfinished] = [false, 0];
    for (const work of workIn(await candidates())) {
      if (signal.aborted) break;
      const isSettled = work.kind === 'log' || isUnchanged(work, seen.get(work.name), request.interval);
      seen.set(work.name, work.state);
      if (done.get(work.name) === work.state) continue;
      if (!isSettled) {
        unfinished++;
        continue;
      }
      await measure(work);
      if (!signal.aborted) done.set(work.name, work.state);
      worked = true;
    }
    return { worked, unfinished };
  };
  return { look, result };
}

interface Measuring {
  /** What cannot be read is told, and is no error. */
  measure(work: Work): Promise<void>;
  result(): WatchResult;
}

function createMeasuring(request: WatchRequest, listener: WatchListener, signal: AbortSignal): Measuring {
  const failed = new Map<string, string>();
  const leftOut = new Map<string, WatchResult['leftOut'][number]>();
  const checkpoints = new Set<string>();
  const ingested = new Set<string>();
  const logs = watchedLogs(request, signal);
  let added = 0;
  const measured: WatchListener['measured'] = (spectrum, share) => {
    added++;
    listener.measured(spectrum, share);
  };
  const scan = async ({ name, paths }: Work): Promise<void> => {
    for (const open of checkpointsAt(paths, request.finding)) {
      const study = openForObserving(request.out);
      try {
        await scanOne(open, request, study, { ...listener, measured }, signal);
      } finally {
        study.close();
      }
    }
    checkpoints.add(name);
  };
  const ingest = async ({ name }: Work): Promise<void> => {
    const news = await logs.take(name);
    if (news.isLog) ingested.add(name);
    added += news.added;
    if (news.added > 0) listener.ingested(name, news.added);
    const [first] = news.leftOut;
    if (first === undefined) return;
    const before = leftOut.get(name) ?? { lines: 0, reason: first.reason };
    leftOut.set(name, { name, lines: before.lines + news.leftOut.length, reason: before.reason });
    listener.leftOut(news.leftOut);
  };
  const measure = async (work: Work): Promise<void> => {
    try {
      await (work.kind === 'log' ? ingest(work) : scan(work));
      failed.delete(work.name);
    } catch (error) {
      if (!isOfTheFile(error, work)) throw error;
      if (!existsSync(work.paths[0] ?? '')) return;
      failed.set(work.name, error.message);
      listener.failed(work.name, error.message);
    }
  };
  const result = (): WatchResult => ({
    schema: WATCH_SCHEMA,
    folder: request.folder,
    out: request.out,
    checkpoints: [...checkpoints],
    logs: [...ingested],
    added,
    failed: [...failed].map(([name, reason]) => ({ name, reason })),
    leftOut: [...leftOut.values()],
  });
  return { measure, result };
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
