/** Recorder logs of a watched folder: takes the lines that are new, and leaves out those that are no spectra. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FormatError } from '../base/errors.ts';
import { LOG_START, type LogPosition, readNewLines } from '../store/growingLog.ts';
import type { LogEntry } from '../store/logFile.ts';
import type { StudyWriter } from '../store/studyFolder.ts';
import { type IngestRequest, type OpenRuns, openRuns } from './ingest.ts';
import { claimsToBeSpectrum, logLine } from './logLines.ts';
import { openForObserving } from './observedStudy.ts';

/** A line that was left out. */
export interface LeftLine {
  readonly line: number;
  /** One sentence that names file and line. */
  readonly reason: string;
}

/** What came of the new lines of a log. */
export interface LogNews {
  /** Whether the file has ever held a spectrum: a job may write metrics beside them. */
  readonly isLog: boolean;
  /** Spectra that the study did not have. */
  readonly added: number;
  readonly leftOut: readonly LeftLine[];
}

/** The logs of one folder, and how far each was read. */
export interface WatchedLogs {
  /**
   * Takes what is new in a log.
   *
   * @throws FormatError if it cannot be read, StudyError or UsageError if the study cannot take its spectra
   */
  take(file: string): Promise<LogNews>;
}

interface LogState {
  readonly position: LogPosition;
  readonly isLog: boolean;
}

export function watchedLogs(request: IngestRequest, signal: AbortSignal): WatchedLogs {
  const states = new Map<string, LogState>();
  return {
    take: async (file) => {
      let state: LogState = states.get(file) ?? { position: LOG_START, isLog: false };
      const sink = openSink(file, request);
      try {
        for (let hasMore = true; hasMore && !signal.aborted; ) {
          const news = readNewLines(file, state.position);
          const isLog = (state.isLog && !news.isBegunAnew) || news.entries.some(claimsToBeSpectrum);
          if (isLog) for (const entry of news.entries) sink.take(entry);
          state = { position: news.position, isLog };
          states.set(file, state);
          hasMore = news.hasMore;
          if (hasMore) await nextTurn(); // Ctrl-C is heard between two parts of a long file
        }
        return { isLog: state.isLog, added: sink.added, leftOut: sink.leftOut };
      } finally {
        sink.close();
      }
    },
  };
}

interface Sink {
  take(entry: LogEntry): void;
  readonly added: number;
  readonly leftOut: readonly LeftLine[];
  close(): void;
}

/** Where the lines of one log go; the study is opened for the first spectrum. */
function openSink(file: string, request: IngestRequest): Sink {
  const leftOut: LeftLine[] = [];
  let open: { readonly study: StudyWriter; readonly runs: OpenRuns } | null = null;
  let added = 0;
  const runs = (): OpenRuns => {
    if (open !== null) return open.runs;
    const study = openForObserving(request.out);
    open = { study, runs: openRuns(study, request) };
    return open.runs;
  };
  const leave = (line: number, reason: string): void => {
    leftOut.push({ line, reason });
  };
  const take = (entry: LogEntry): void => {
    if (entry.kind === 'record' && !claimsToBeSpectrum(entry)) return;
    const read = logLine(entry, file);
    const where = `${file} line ${read.line}`;
    if (read.kind === 'cut')
      leave(read.line, `${where}: expected a record of JSON, got a line that is cut off or damaged`);
    else if (read.kind === 'not finite') leave(read.line, `${where}: expected finite numbers, but ${read.field}`);
    else if (read.kind === 'spectrum' && runs().add(read.spectrum, { file, line: read.line })) added++;
  };
  return {
    take: (entry) => {
      try {
        take(entry);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        leave(entry.line, error.message);
      }
    },
    get added() {
      return added;
    },
    leftOut,
    close: () => {
      open?.runs.close();
      open?.study.close();
    },
  };
}
