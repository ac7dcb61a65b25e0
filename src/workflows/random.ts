/** `muonscope random`: reads what was asked for, measures, and records it in the folder if there is one. */
import { createEnsemble, formatEntries, parseEntries } from '../sources/randomEnsembles.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { monotonicSeconds } from './clock.ts';
import { describeMachine, softwareVersions } from './machine.ts';
import { openRandomFolder, type RandomWritten } from './randomFolder.ts';
import { measureRandomMatrices, type RandomProgress } from './randomMatrices.ts';
import { parseSchedule } from './randomSchedules.ts';

/** What the command line says, not yet checked. */
export interface RandomRequest {
  /** Smaller dimensions. */
  readonly sizes: readonly number[];
  /** "gaussian", "student:5". */
  readonly entries: string;
  /** Larger over smaller dimension. */
  readonly aspect: number;
  readonly seed: number;
  readonly matrices?: number | undefined;
  /** "jordan", "jordan:7", or a file that `ns design --json` printed. */
  readonly schedules: readonly string[];
  readonly workers?: number | undefined;
  readonly maxSeconds?: number | undefined;
  /** A study, or a folder of its own. */
  readonly out?: string | undefined;
}

/** Told as the experiment goes on. */
export interface RandomListener {
  progress(progress: RandomProgress): void;
  /** Once, before anything is written, so that nothing measured is lost where writing fails. */
  measured(spectra: RandomSpectra): void;
}

export interface RandomOutcome {
  readonly spectra: RandomSpectra;
  /** null without a folder, and where `kept` is true. */
  readonly written: RandomWritten | null;
  /** Whether `signal` ended it. */
  readonly interrupted: boolean;
  /** Whether an earlier random.json was left as it was because this one was interrupted. */
  readonly kept: boolean;
}

/**
 * Resolves to null if `signal` came before the first matrix was done; nothing is written then.
 *
 * @throws UsageError, DomainError or FormatError for a bad request, before anything is drawn
 * @throws StudyError if the folder cannot be written, which is checked first, or its study is written by another process
 */
export async function studyRandomMatrices(
  request: RandomRequest,
  listener: RandomListener,
  signal: AbortSignal,
): Promise<RandomOutcome | null> {
  const { sizes, aspect, seed, matrices, workers, maxSeconds, out } = request;
  const schedules = request.schedules.flatMap(parseSchedule);
  const ensemble = createEnsemble(sizes, { entries: parseEntries(request.entries), seed, aspect, matrices });
  const folder = out === undefined ? null : openRandomFolder(out);
  try {
    const start = monotonicSeconds();
    const options = { ensemble, aspect, matrices, schedules, workers, maxSeconds, signal };
    const measured = await measureRandomMatrices(options, (progress) => listener.progress(progress));
    if (measured.sizes.length === 0) return null;
    const spectra: RandomSpectra = { ...measured, made: madeBy(request, monotonicSeconds() - start) };
    listener.measured(spectra);
    const kept = signal.aborted && folder?.holdsRecord() === true;
    const written = kept || folder === null ? null : folder.write(spectra);
    return { spectra, written, interrupted: signal.aborted, kept };
  } finally {
    folder?.close();
  }
}

function madeBy(request: RandomRequest, seconds: number): NonNullable<RandomSpectra['made']> {
  const { cpu, cores, platform } = describeMachine();
  return {
    command: commandOf(request),
    seconds,
    machine: `${cpu}, ${cores} cores, ${platform}`,
    versions: softwareVersions(),
  };
}

/** Every choice spelled out, so that it holds whatever the defaults become. */
function commandOf({ sizes, entries, aspect, seed, matrices, schedules }: RandomRequest): string {
  const flags = [`--sizes ${sizes.join()}`, `--entries ${formatEntries(parseEntries(entries))}`];
  flags.push(`--aspect ${aspect}`, `--seed ${seed}`);
  if (matrices !== undefined) flags.push(`--matrices ${matrices}`);
  return `muonscope random ${[...flags, `--schedules ${schedules.join()}`].join(' ')}`;
}
