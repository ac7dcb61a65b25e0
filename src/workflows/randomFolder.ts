/**
 * Where `random --out` writes.
 *
 * A study keeps the experiment as its random.json, and its report gains a section. Any other folder gets random.json,
 * random.html and charts/ of its own.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StudyError, UsageError } from '../base/errors.ts';
import { renderRandomReport } from '../report/renderRandomReport.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { fileFailure, makeFolder, missingFolders, removeEmptyFolders, writeWhole } from '../store/files.ts';
import { openStudy, type StudyWriter } from '../store/studyFolder.ts';
import { randomReportData } from './randomReport.ts';
import { rewriteReportOf } from './rewriteReport.ts';

export interface RandomWritten {
  readonly record: string;
  /** null in a study of which no run has begun. */
  readonly report: string | null;
  readonly charts: number;
}

/** A folder that this process may write. Close it when done: one that was made and not written into is removed. */
export interface RandomFolder {
  /** Whether it holds a random.json. */
  holdsRecord(): boolean;
  write(spectra: RandomSpectra): RandomWritten;
  close(): void;
}

const RECORD = 'random.json';
const PAGE = 'random.html';
const CHARTS = 'charts';

/**
 * @throws UsageError for an empty path
 * @throws StudyError if the folder cannot be written or something stands in the way; in a study also if it is damaged
 * or another process writes it
 */
export function openRandomFolder(folder: string): RandomFolder {
  if (folder.trim() === '')
    throw new UsageError('--out: expected a folder, got an empty name; leave it out or name one');
  return existsSync(join(folder, 'study.json')) ? studyFolder(openStudy(folder)) : ownFolder(folder);
}

function studyFolder(study: StudyWriter): RandomFolder {
  return {
    holdsRecord: () => existsSync(join(study.folder, RECORD)),
    write: (spectra) => {
      study.writeRandom(spectra);
      const report = rewriteReportOf(study);
      return { record: join(study.folder, RECORD), report: report?.path ?? null, charts: report?.charts ?? 0 };
    },
    close: study.close,
  };
}

function ownFolder(folder: string): RandomFolder {
  const missing = missingFolders(folder);
  requireWritable(folder);
  return {
    holdsRecord: () => existsSync(join(folder, RECORD)),
    write: (spectra) => {
      const [record, report] = [join(folder, RECORD), join(folder, PAGE)];
      const { html, charts } = renderRandomReport(randomReportData(spectra));
      writeWhole(record, `${JSON.stringify(spectra, null, 2)}\n`, folder);
      for (const { name, svg } of charts) writeWhole(join(folder, CHARTS, `${name}.svg`), svg, folder);
      writeWhole(report, html, folder);
      return { record, report, charts: charts.length };
    },
    close: () => removeEmptyFolders(missing),
  };
}

/** Before hours of work, not after them. */
function requireWritable(folder: string): void {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw fileFailure(error, `writing ${folder}`, folder);
  }
  const inTheWay = [RECORD, PAGE].filter((name) => isFolder(join(folder, name)) === true);
  if (isFolder(join(folder, CHARTS)) === false) inTheWay.push(CHARTS);
  if (inTheWay.length > 0)
    throw new StudyError(
      `random: ${join(folder, inTheWay[0]!)} stands in the way; move it away or give another --out`,
      folder,
    );
}

/** undefined if there is nothing. */
function isFolder(path: string): boolean | undefined {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory();
}
