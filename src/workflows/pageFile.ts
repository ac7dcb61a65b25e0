/**
 * A study as one interactive file: the page that `serve` shows, with its data inside.
 *
 * The file asks for nothing: script and style are inlined, and its policy allows only what their hashes name. Data stand as
 * JSON in a script element that is never run.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { MuonscopeError, StudyError } from '../base/errors.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { writeStudyFile } from '../store/studyFolder.ts';
import { builtFolder } from './builtFolder.ts';
import type { PageRunSnapshot, PageSnapshot } from './pageData.ts';
import { type ShownStudies, showStudies } from './shownStudies.ts';

/** Columns of pixels of a trajectory; charts are rarely wider in so many panels. */
const COLUMNS = 240;
const OVERVIEW_COLUMNS = 24;
/** Numbers in all histories of a study, about seven bytes each. */
const MOST_NUMBERS = 500_000;
const LEAST_STEPS = 12;
const MOST_STEPS = 400;

/**
 * Writes STUDY/page.html: the page that `serveStudies` shows, with the study inside, to open from the disk or send to others.
 *
 * @param folder of one study
 * @returns the path of the file
 * @throws UsageError if there is no such folder
 * @throws StudyError if it holds no study or cannot be written, or the page was not built
 * @example await writePageFile('my-study'); // my-study/page.html
 */
export async function writePageFile(folder: string): Promise<string> {
  const text = pageFile(await snapshotOf(folder), builtParts(folder));
  return writeStudyFile(folder, 'page.html', text);
}

/**
 * Everything of the one study in a folder, thinned so that it fits a file.
 *
 * @param mostNumbers in all histories together
 */
export async function snapshotOf(folder: string, mostNumbers: number = MOST_NUMBERS): Promise<PageSnapshot> {
  const shown = showStudies([folder]);
  while (shown.look().isBehind);
  const study = shown.list().find(({ name }) => name === folder); // not one that lies under it
  if (study === undefined) throw new StudyError(`page: there is no study in ${folder}; check the path`, folder);
  const lists = study.runs.map(({ run }) => ({ run, list: shown.series(study.id, run) }));
  const total = lists.reduce((sum, { list }) => sum + list.series.length * numbersAStep(list), 0);
  const most = Math.max(LEAST_STEPS, Math.min(MOST_STEPS, Math.floor(mostNumbers / Math.max(1, total))));
  return {
    schema: 'muonscope.page/1',
    study: { ...study, name: basename(resolve(folder)) }, // not the path of whoever wrote it
    documents: Object.fromEntries(study.documents.map((name) => [name, shown.document(study.id, name)])),
    fitted: {
      total: await fittedLaws(shown, study.id, 'total'),
      nonEmbedding: await fittedLaws(shown, study.id, 'nonEmbedding'),
    },
    runs: lists.map(({ run, list }) => runSnapshot(shown, { study: study.id, run, list, most })),
  };
}

/** null where the records carry no laws, as those of a single size. */
async function fittedLaws(
  shown: ShownStudies,
  study: string,
  sizeConvention: SizeConvention,
): Promise<LawsDocument | null> {
  try {
    return await shown.fittedLaws(study, sizeConvention);
  } catch (error) {
    if (error instanceof MuonscopeError) return null;
    throw error;
  }
}

function numbersAStep({ series: [first] }: PageRunSnapshot['list']): number {
  return (first?.quantiles.length ?? 0) + 6;
}

interface RunPlace {
  readonly study: string;
  readonly run: string;
  readonly list: PageRunSnapshot['list'];
  readonly most: number;
}

function runSnapshot(shown: ShownStudies, { study, run, list, most }: RunPlace): PageRunSnapshot {
  const indices = list.series.map(({ index }) => index);
  const quantiles = [...new Set(list.series.flatMap((series) => series.quantiles))];
  return {
    run,
    list,
    trajectories: shown.trajectories(study, run, { indices, quantiles, columns: Math.min(COLUMNS, most) }),
    overview: shown.overview(study, run, { quantile: 0.5, columns: OVERVIEW_COLUMNS }),
    histories: indices.map((index) => shown.history(study, run, index, most)),
    metrics: shown.metrics(study, run, 4 * COLUMNS),
  };
}

interface BuiltParts {
  readonly script: string;
  readonly style: string;
}

function builtParts(folder: string): BuiltParts {
  const found = builtFolder('page-file');
  if (found === null)
    throw new StudyError('page: expected the built page beside the program, found none; run npm run build', folder);
  return {
    script: readFileSync(join(found, 'page.js'), 'utf8').replaceAll('</script', '<\\/script'),
    style: readFileSync(join(found, 'page.css'), 'utf8'),
  };
}

/** Same snapshot and build, same bytes. */
export function pageFile(snapshot: PageSnapshot, { script, style }: BuiltParts): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const data = JSON.stringify(snapshot).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="icon" href="data:,">
<title>Muonscope</title>
<style>${style}</style>
</head>
<body>
<div id="page"></div>
<script type="application/json" id="snapshot">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
