/** Adds spectra that were recorded elsewhere to a study: recorder logs, JSON lines, CSV, Parquet. */
import { FormatError } from '../base/errors.ts';
import type { ScannedSpectrum } from '../spectra/scannedMomentum.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import { logFormat, readLog } from '../store/logFile.ts';
import type { ObservedRunWriter } from '../store/observedRun.ts';
import { INGEST_SCHEMA, type IngestedFile, type IngestResult } from '../store/observedSchemas.ts';
import type { LogFormat } from '../store/study.ts';
import type { StudyWriter } from '../store/studyFolder.ts';
import { logLine } from './logLines.ts';
import { observedRunFor, openForObserving } from './observedStudy.ts';
import { folderNameOf } from './runName.ts';

export type { IngestedFile, IngestResult };

/** Where spectra go, and what the logs do not say. */
export interface IngestRequest {
  readonly out: string;
  /** Instead of the name in the lines. */
  readonly run?: string;
  readonly params?: number;
  readonly nonEmbeddingParams?: number;
  /** For lines that have none. */
  readonly step?: number;
}

/**
 * Adds files one after the other; a study is made if there is none.
 *
 * @throws FormatError naming file and line of a record that is not as its schema says; what stands before it is kept
 * @throws StudyError if a run of the study has another size
 * @throws UsageError if the size of a run is not known
 */
export async function ingestLogs(
  files: readonly string[],
  request: IngestRequest,
  signal: AbortSignal,
): Promise<IngestResult | null> {
  const formats = files.map((file) => ({ file, format: logFormat(file) }));
  const study = openForObserving(request.out);
  const runs = openRuns(study, request);
  const ingested: IngestedFile[] = [];
  try {
    for (const { file, format } of formats) {
      ingested.push(await ingestFile(file, format, runs, signal));
      if (signal.aborted) return null;
    }
    requireSpectra(ingested);
    return { schema: INGEST_SCHEMA, out: request.out, files: ingested };
  } finally {
    runs.close();
    study.close();
  }
}

/** Runs of a study that are opened when their first spectrum comes. */
export interface OpenRuns {
  /** Adds a spectrum to its run. @returns whether it was new */
  add(spectrum: ScannedSpectrum, place: { readonly file: string; readonly line: number }): boolean;
  /** Says that all of a file is recorded. @param added of each run */
  finish(file: string, format: LogFormat, spectra: ReadonlyMap<string, number>): void;
  nameOf(spectrum: ScannedSpectrum): string;
  close(): void;
}

export function openRuns(study: StudyWriter, request: Omit<IngestRequest, 'out'>): OpenRuns {
  const writers = new Map<string, ObservedRunWriter>();
  const nameOf = ({ run }: ScannedSpectrum): string => request.run ?? folderNameOf(run);
  const writerFor = (spectrum: ScannedSpectrum, source: string): ObservedRunWriter => {
    const run = nameOf(spectrum);
    const known = writers.get(run);
    if (known) return known;
    const description = observedRunFor(study, {
      source,
      run,
      params: request.params ?? spectrum.params,
      nonEmbeddingParams: request.nonEmbeddingParams ?? spectrum.nonEmbeddingParams,
      counted: null,
    });
    const writer = study.openObservedRun(description);
    writers.set(run, writer);
    return writer;
  };
  return {
    nameOf,
    add: (spectrum, { file, line }) => {
      const writer = writerFor(spectrum, file);
      return writer.append(completed(spectrum, writer, { file, line }, request));
    },
    finish: (file, format, spectra) => {
      for (const [run, count] of spectra) {
        const writer = writers.get(run);
        const isKnown = writer?.sources.some((known) => known.name === file && known.spectra === count);
        if (writer === undefined || isKnown) continue;
        const source = {
          kind: 'log',
          name: file,
          format,
          layout: null,
          step: null,
          spectra: count,
          skipped: [],
        } as const;
        writer.appendSource({ schema: 'muonscope.source/1', ...source, read: new Date().toISOString() });
      }
    },
    close: () => {
      for (const writer of writers.values()) writer.close();
    },
  };
}

/** The spectrum as the study records it. */
function completed(
  spectrum: ScannedSpectrum,
  { description }: ObservedRunWriter,
  { file, line }: { readonly file: string; readonly line: number },
  request: Omit<IngestRequest, 'out'>,
): Spectrum {
  const { run, params, nonEmbeddingParams } = description;
  if (request.params === undefined && spectrum.params !== null && spectrum.params !== params)
    throw new FormatError(
      `${file} line ${line}: run ${run} has ${params} parameters, this line says ${spectrum.params}; give another --run, or --params if the number is wrong`,
      file,
    );
  const step = spectrum.step ?? request.step;
  if (step === undefined)
    throw new FormatError(`${file} line ${line}: its step is not known; ingest it with --step`, file);
  return { ...spectrum, run, params, nonEmbeddingParams, step };
}

async function ingestFile(file: string, format: LogFormat, runs: OpenRuns, signal: AbortSignal): Promise<IngestedFile> {
  const cut: number[] = [];
  const notFinite: { readonly line: number; readonly field: string }[] = [];
  const spectra = new Map<string, number>();
  let [added, duplicates, foreign] = [0, 0, 0];
  for await (const entry of readLog(file, format)) {
    if (signal.aborted) break;
    const read = logLine(entry, file);
    const { line } = read;
    if (read.kind === 'foreign') foreign++;
    else if (read.kind === 'not finite') notFinite.push({ line, field: read.field });
    else if (read.kind === 'cut') {
      if (line === 1) throw notALog(file, format);
      cut.push(line);
    } else {
      if (runs.add(read.spectrum, { file, line })) added++;
      else duplicates++;
      const run = runs.nameOf(read.spectrum);
      spectra.set(run, (spectra.get(run) ?? 0) + 1);
    }
  }
  if (!signal.aborted) runs.finish(file, format, spectra);
  return { file, format, runs: [...spectra.keys()], added, duplicates, cut, notFinite, foreign };
}

/** @throws FormatError if not one file has a spectrum */
function requireSpectra(files: readonly IngestedFile[]): void {
  const [first] = files;
  if (first === undefined || files.some(({ runs }) => runs.length > 0)) return;
  const { file, cut, notFinite, foreign } = first;
  const [bad] = notFinite;
  const others = [
    ...(foreign === 0 ? [] : [`records of other schemas (${foreign})`]),
    ...(cut.length === 0 ? [] : [`lines that are cut off (${cut.length})`]),
    ...(bad === undefined
      ? []
      : [`spectra with numbers that are not finite (${notFinite.length}; line ${bad.line}: ${bad.field})`]),
  ];
  const found = others.length === 0 ? 'none' : `only ${others.join(', ')}`;
  throw new FormatError(`${file}: expected spectra, found ${found}; nothing was added, see ingest --help`, file);
}

function notALog(file: string, format: LogFormat): FormatError {
  const expected =
    format === 'jsonl' ? 'a record of JSON in its first line' : 'a value in every column of its first row';
  return new FormatError(`${file}: expected ${expected}, got something else; see ingest --help`, file);
}
