/** Writes the records of a study for other tools: Parquet, CSV, TensorBoard, trackio. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { writeWhole } from '../store/files.ts';
import { EXPORT_SCHEMA, type ExportResult, type ExportTarget } from '../store/observedSchemas.ts';
import type { RunRecords } from '../store/runFolder.ts';
import { seriesOf } from '../store/series.ts';
import { readRuns, readStudy } from '../store/studyFolder.ts';
import { formatCsv } from '../store/tables/csv.ts';
import { metricsTable } from '../store/tables/metricsTable.ts';
import { formatParquet } from '../store/tables/parquet.ts';
import { spectrumTable } from '../store/tables/spectrumTable.ts';
import type { TableColumn } from '../store/tables/table.ts';
import { eventsFileName, formatEvents } from '../store/tensorboard.ts';
import { formatTrackioRun, TRACKIO_SCRIPT, TRACKIO_SCRIPT_NAME } from '../store/trackio.ts';

export type { ExportResult, ExportTarget };

/**
 * @param out a folder; for parquet and csv also a file, which then holds the spectra alone
 * @throws StudyError if `study` holds none, or a file cannot be written
 * @throws UsageError if the study has no records yet, or the folder holds files that are not of an export
 */
export async function exportStudy(study: string, to: ExportTarget, out: string): Promise<ExportResult> {
  requireOwnExtension(to, out);
  const { created } = readStudy(study);
  const runs = readRuns(study).filter(
    (run) => run.spectra.length > 0 || (run.origin === 'trained' && run.metrics.length > 0),
  );
  if (runs.length === 0) throw new UsageError(`export: ${study} has no records yet; train, scan or ingest first`);
  const files = await filesOf(runs, to, out, Date.parse(created) / 1000);
  for (const { path, contents } of files) writeWhole(path, contents, dirname(path));
  return {
    schema: EXPORT_SCHEMA,
    study,
    to,
    files: files.map(({ path }) => path),
    runs: runs.map(({ description }) => description.run),
    spectra: runs.reduce((sum, { spectra }) => sum + spectra.length, 0),
    steps: runs.reduce((sum, run) => sum + (run.origin === 'trained' ? run.metrics.length : 0), 0),
  };
}

/** A folder called x.parquet is hardly meant. @throws UsageError */
function requireOwnExtension(to: ExportTarget, out: string): void {
  const extension = extname(out);
  if (!TABLES.includes(extension) || extension === `.${to}` || existsSync(out)) return;
  throw new UsageError(
    `--out: expected a name for ${to}, got ${out}, which ends as another format; give --to ${extension.slice(1)} or another name`,
  );
}

/** Names that end so are files. */
const TABLES: readonly string[] = ['.csv', '.parquet'];

interface ExportedFile {
  readonly path: string;
  readonly contents: string | Uint8Array;
}

function filesOf(
  runs: readonly RunRecords[],
  to: ExportTarget,
  out: string,
  begun: number,
): Promise<readonly ExportedFile[]> | readonly ExportedFile[] {
  switch (to) {
    case 'csv':
      return tableFiles(runs, out, '.csv', formatCsv);
    case 'parquet':
      return tableFiles(runs, out, '.parquet', formatParquet);
    case 'tensorboard':
      requireFolder(out, /^events\.out\.tfevents\./);
      return runs.map((run) => ({
        path: join(out, run.description.run, eventsFileName(begun)),
        contents: formatEvents(seriesOf(run), begun),
      }));
    case 'trackio':
      requireFolder(out, /\.jsonl$|\.py$/);
      return [
        ...runs.map((run) => ({
          path: join(out, `${run.description.run}.jsonl`),
          contents: formatTrackioRun(seriesOf(run)),
        })),
        { path: join(out, TRACKIO_SCRIPT_NAME), contents: TRACKIO_SCRIPT },
      ];
    default:
      return to satisfies never;
  }
}

async function tableFiles(
  runs: readonly RunRecords[],
  out: string,
  extension: string,
  format: (columns: readonly TableColumn[]) => string | Uint8Array | Promise<Uint8Array>,
): Promise<readonly ExportedFile[]> {
  const spectra = spectrumTable(runs.flatMap((run) => run.spectra));
  if (extname(out) === extension) return [{ path: out, contents: await format(spectra) }];
  requireFolder(out, new RegExp(`^(spectra|metrics)\\${extension}$`));
  const trained = runs.filter((run) => run.origin === 'trained');
  return [
    { path: join(out, `spectra${extension}`), contents: await format(spectra) },
    ...(trained.length === 0
      ? []
      : [{ path: join(out, `metrics${extension}`), contents: await format(metricsTable(trained)) }]),
  ];
}

/** A folder that holds something else than an export is not written into. */
function requireFolder(out: string, own: RegExp): void {
  if (!existsSync(out)) return;
  const names = namesIn(out);
  if (names === null) throw new UsageError(`--out: expected a folder or a new name, got the file ${out}`);
  const other = names.find((name) => !own.test(name));
  if (other !== undefined)
    throw new UsageError(`--out: ${out} holds other files (${other}); give an empty or new folder`);
}

/** Names of all files at any depth; null if it is no folder. */
function namesIn(folder: string): readonly string[] | null {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch {
    return null;
  }
}
