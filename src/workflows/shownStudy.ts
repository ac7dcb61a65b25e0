/** One study that is shown: its runs as they begin, its documents, and what of it cannot be read. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MuonscopeError, StudyError } from '../base/errors.ts';
import { formatBytes } from '../base/numbers.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { readDynamics } from '../store/dynamicsFolder.ts';
import { readDescription } from '../store/runFiles.ts';
import { RUN_NAME } from '../store/schemas.ts';
import type { RunDescription } from '../store/study.ts';
import { readLaws, readPlan, readRandom, readStudy } from '../store/studyFolder.ts';
import { isInside, listFolders } from './insideFolder.ts';
import type { DocumentName, PageRun, PageStudy } from './pageData.ts';
import { openShownRun, type ShownRun } from './shownRun.ts';

/** Bytes of records; reading and fitting them takes some seconds, in which nothing else is served. */
const MOST_FITTED = 128 * 2 ** 20;

/** A study found under a folder that is served. */
export interface ShownStudy {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly runs: Map<string, ShownRun>;
  /** Which folder each run was opened in: another of the same name is another run. */
  readonly opened: Map<string, string>;
  /** What is wrong with a run's folder, by its name. */
  readonly broken: Map<string, string>;
  state: string;
}

/** Opens runs that have begun since the last look, and forgets those that are gone. @returns whether there were some */
export function refreshRuns(study: ShownStudy): boolean {
  const folder = join(study.folder, 'runs');
  const names = listFolders(folder).filter((run) => RUN_NAME.test(run));
  let isNew = false;
  for (const known of [...study.runs.keys(), ...study.broken.keys()]) {
    if (names.includes(known)) continue;
    for (const kept of [study.runs, study.opened, study.broken]) kept.delete(known);
    isNew = true;
  }
  for (const name of names) {
    const identity = identityOf(join(folder, name));
    if (study.runs.has(name) && study.opened.get(name) === identity) continue;
    const found = beginningOf(join(folder, name), study.folder);
    const reason = typeof found === 'string' ? found : undefined;
    isNew ||= reason !== study.broken.get(name) || typeof found === 'object';
    if (reason === undefined) study.broken.delete(name);
    else study.broken.set(name, reason);
    if (typeof found !== 'object') continue;
    study.runs.set(name, openShownRun(join(folder, name), study.folder, found));
    study.opened.set(name, identity);
  }
  return isNew;
}

/** Tells a folder from another that was made later in its place; empty for one that is gone or not ours to read. */
function identityOf(folder: string): string {
  try {
    const { ino, birthtimeMs } = statSync(folder);
    return `${ino} ${birthtimeMs}`;
  } catch {
    return '';
  }
}

/** What run.json says; why it cannot be read; undefined if the run has not begun or a link leads out of the study. */
function beginningOf(folder: string, root: string): RunDescription | string | undefined {
  const files = ['run.json', 'spectra.jsonl', 'metrics.jsonl'].map((file) => join(folder, file));
  if (files.some((file) => existsSync(file) && !isInside(file, root))) return undefined;
  try {
    return readDescription(folder, root) ?? undefined;
  } catch (error) {
    if (error instanceof MuonscopeError) return error.message;
    throw error;
  }
}

/** A study whose study.json cannot be read keeps its place, with a note. */
export function describeShown({ id, name, folder, runs, broken }: ShownStudy): PageStudy {
  const { note, ...said } = descriptionOf(folder);
  const all = [...runs.values()].map(({ description }) => pageRun(description));
  return {
    ...{ id, name, ...said },
    runs: all.sort((a, b) => a.params - b.params),
    documents: (['laws', 'plan', 'random', 'dynamics'] as const).filter((document) => {
      const path = join(folder, document === 'dynamics' ? document : `${document}.json`);
      return isInside(path, folder);
    }),
    notes: [...(note === undefined ? [] : [note]), ...broken.values()],
  };
}

function descriptionOf(folder: string): Pick<PageStudy, 'origin' | 'created' | 'target'> & { readonly note?: string } {
  try {
    if (!isInside(join(folder, 'study.json'), folder))
      throw new StudyError('study.json: expected the description of the study, found none; was it moved?', folder);
    const { origin, created, target } = readStudy(folder);
    return { origin, created, target };
  } catch (error) {
    if (!(error instanceof MuonscopeError)) throw error;
    return { origin: 'observed', created: '', target: 0, note: error.message };
  }
}

function pageRun(description: RunDescription): PageRun {
  const { run, origin, params, nonEmbeddingParams } = description;
  const plannedSteps = description.origin === 'trained' ? description.config.steps : null;
  return { run, origin, params, nonEmbeddingParams, plannedSteps };
}

/** @throws StudyError if the study lacks it, or it cannot be read */
export function readDocument(folder: string, name: DocumentName): unknown {
  const path = join(folder, name === 'dynamics' ? name : `${name}.json`);
  if (!isInside(path, folder))
    throw new StudyError(`serve: the study has no ${name} yet; make it with its command`, folder);
  switch (name) {
    case 'laws':
      return readLaws(folder);
    case 'plan':
      return readPlan(folder);
    case 'random':
      return readRandom(folder);
    case 'dynamics':
      return readDynamics(folder);
    default:
      return name satisfies never;
  }
}

/**
 * Laws fitted to the records as they are now.
 *
 * @throws StudyError if they are too large, or carry no laws
 */
export async function fittedLaws(
  { folder, id, runs }: ShownStudy,
  sizeConvention: SizeConvention,
): Promise<LawsDocument> {
  const bytes = [...runs.values()].reduce((sum, run) => sum + run.series().reading.size, 0);
  if (bytes > MOST_FITTED)
    throw new StudyError(
      `serve: the records of ${id} take ${formatBytes(bytes)}, more than the page fits laws to at once; run muonscope laws on the folder`,
      folder,
    );
  const { lawsOfRecords } = await import('./studyLaws.ts');
  return { ...lawsOfRecords(folder, { sizeConvention, window: 'fixed' }), source: `study ${id}` };
}

/** Changes with the study's documents. */
export function documentState(folder: string): string {
  return ['study.json', 'laws.json', 'plan.json', 'random.json', 'dynamics']
    .map((name) => {
      try {
        const { size, mtimeMs } = statSync(join(folder, name));
        return `${size} ${mtimeMs}`;
      } catch {
        return '-'; // absent, or not ours to read
      }
    })
    .join();
}
