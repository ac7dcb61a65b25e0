/** Studies that are shown while they may still grow: found under folders, read as far as asked, looked at again and again. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { MuonscopeError, StudyError, UsageError } from '../base/errors.ts';
import { formatBytes } from '../base/numbers.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { readDynamics } from '../store/dynamicsFolder.ts';
import { readDescription } from '../store/runFiles.ts';
import { RUN_NAME } from '../store/schemas.ts';
import type { RunDescription } from '../store/study.ts';
import { readLaws, readPlan, readRandom, readStudy } from '../store/studyFolder.ts';
import type {
  DocumentName,
  PageChange,
  PageHistory,
  PageMetrics,
  PageOverviewRow,
  PageRun,
  PageSeriesList,
  PageStudy,
  PageTrajectory,
} from './pageData.ts';
import { isInside, type OverviewRequest, openShownRun, type ShownRun, type TrajectoryRequest } from './shownRun.ts';

/** Deeper folders are not looked into for studies. */
const DEEPEST = 4;
const MOST_STUDIES = 200;
/** Milliseconds of reading before requests are served again. */
const SLICE = 12;
/** Bytes of records; reading and fitting them takes some seconds, in which nothing else is served. */
const MOST_FITTED = 128 * 2 ** 20;
/** Of the first answer about a run. */
const FIRST_SLICE = 40;

export interface ShownStudies {
  list(): readonly PageStudy[];
  document(study: string, name: DocumentName): unknown;
  /** Laws fitted to the records as they are now, whether or not the study holds a document. */
  fittedLaws(study: string, sizeConvention: SizeConvention): Promise<LawsDocument>;
  series(study: string, run: string): PageSeriesList;
  trajectories(study: string, run: string, request: TrajectoryRequest): readonly PageTrajectory[];
  overview(study: string, run: string, request: OverviewRequest): readonly PageOverviewRow[];
  history(study: string, run: string, index: number, most: number): PageHistory;
  metrics(study: string, run: string, columns: number): PageMetrics;
  /** Reads on and looks for news; returns what changed and whether there is more to read now. */
  look(): { readonly changes: readonly PageChange[]; readonly isBehind: boolean };
}

interface ShownStudy {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly runs: Map<string, ShownRun>;
  /** What is wrong with a run's folder, by its name. */
  readonly broken: Map<string, string>;
  state: string;
}

/**
 * Opens every study at or under the folders.
 *
 * @throws UsageError if a folder is absent or nothing under them is a study
 */
export function showStudies(folders: readonly string[]): ShownStudies {
  const studies = new Map<string, ShownStudy>();
  for (const given of folders) {
    const root = realFolder(given);
    for (const folder of studiesUnder(root, root, 0)) {
      const name = folder === root ? given : join(given, relative(root, folder));
      const id = freeId(basename(folder), studies);
      if (![...studies.values()].some((known) => known.folder === folder))
        studies.set(id, { id, name, folder, runs: new Map(), broken: new Map(), state: '' });
    }
  }
  if (studies.size === 0)
    throw new UsageError(
      `serve: expected a study in ${folders.join(', ')}, found no study.json in or under it; check the path or make one with the study command`,
    );
  for (const study of studies.values()) refreshRuns(study);
  /** The run asked for last is read first. */
  let wanted: ShownRun | null = null;
  const studyOf = (id: string): ShownStudy => {
    const found = studies.get(id);
    if (found === undefined) throw new UsageError(`serve: there is no study ${id}; see the list of studies`);
    return found;
  };
  const runOf = (id: string, run: string): ShownRun => {
    const study = studyOf(id);
    const found = study.runs.get(run);
    if (found === undefined) throw new UsageError(`serve: study ${id} has no run ${run}; see its list of runs`);
    wanted = found;
    return found;
  };
  /** Of a run that nothing has been read of yet, the beginning. */
  const begun = (id: string, run: string): ShownRun => {
    const found = runOf(id, run);
    if (found.records === 0) found.grow(performance.now() + FIRST_SLICE);
    return found;
  };
  return {
    list: () => [...studies.values()].map(describe),
    document: (study, name) => readDocument(studyOf(study).folder, name),
    fittedLaws: (study, sizeConvention) => fittedLaws(studyOf(study), sizeConvention),
    series: (study, run) => begun(study, run).series(),
    trajectories: (study, run, request) => begun(study, run).trajectories(request),
    overview: (study, run, request) => begun(study, run).overview(request),
    history: (study, run, index, most) => begun(study, run).history(index, most),
    metrics: (study, run, columns) => runOf(study, run).metrics(columns),
    look: () => lookAt([...studies.values()], wanted),
  };
}

function realFolder(given: string): string {
  if (existsSync(given) && statSync(given).isDirectory()) return realpathSync(given);
  throw new UsageError(`serve: expected a folder, got ${given}, which is none; check the path`);
}

/** Folders with a study.json, links that lead outside `root` left out. */
function studiesUnder(folder: string, root: string, depth: number): readonly string[] {
  if (isInside(join(folder, 'study.json'), root)) return [folder];
  if (depth === DEEPEST) return [];
  const names = listFolders(folder).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  return names.flatMap((name) => studiesUnder(join(folder, name), root, depth + 1)).slice(0, MOST_STUDIES);
}

function listFolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    return []; // removed, or not ours to read
  }
}

function freeId(name: string, taken: ReadonlyMap<string, unknown>): string {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'study';
  for (let n = 1; ; n++) {
    const id = n === 1 ? slug : `${slug}-${n}`;
    if (!taken.has(id)) return id;
  }
}

/** Runs that have begun since the last look. */
function refreshRuns(study: ShownStudy): boolean {
  const runs = join(study.folder, 'runs');
  let isNew = false;
  for (const name of listFolders(runs).filter((run) => RUN_NAME.test(run) && !study.runs.has(run))) {
    const found = beginningOf(join(runs, name), study.folder);
    const reason = typeof found === 'string' ? found : undefined;
    isNew ||= reason !== study.broken.get(name) || typeof found === 'object';
    if (reason === undefined) study.broken.delete(name);
    else study.broken.set(name, reason);
    if (typeof found === 'object') study.runs.set(name, openShownRun(join(runs, name), study.folder, found));
  }
  return isNew;
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
function describe({ id, name, folder, runs, broken }: ShownStudy): PageStudy {
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

function readDocument(folder: string, name: DocumentName): unknown {
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

async function fittedLaws({ folder, id, runs }: ShownStudy, sizeConvention: SizeConvention): Promise<LawsDocument> {
  const bytes = [...runs.values()].reduce((sum, run) => sum + run.series().reading.size, 0);
  if (bytes > MOST_FITTED)
    throw new StudyError(
      `serve: the records of ${id} take ${formatBytes(bytes)}, more than the page fits laws to at once; run muonscope laws on the folder`,
      folder,
    );
  const { lawsOfRecords } = await import('./studyLaws.ts');
  return { ...lawsOfRecords(folder, { sizeConvention, window: 'fixed' }), source: `study ${id}` };
}

function lookAt(
  studies: readonly ShownStudy[],
  wanted: ShownRun | null,
): { readonly changes: PageChange[]; readonly isBehind: boolean } {
  const changes: PageChange[] = [];
  const until = performance.now() + SLICE;
  let isBehind = false;
  for (const study of studies) {
    const state = documentState(study.folder);
    const isNew = refreshRuns(study);
    if (isNew || state !== study.state) changes.push({ study: study.id, run: null, what: 'study' });
    study.state = state;
  }
  const all = studies.flatMap((study) => [...study.runs].map(([run, shown]) => ({ study: study.id, run, shown })));
  const first = all.filter(({ shown }) => shown === wanted);
  for (const { study, run, shown } of [...first, ...all.filter(({ shown }) => shown !== wanted)]) {
    const before = shown.records;
    if (performance.now() < until) isBehind = shown.grow(until) || isBehind;
    else isBehind = true;
    if (shown.records !== before) changes.push({ study, run, what: 'spectra' });
    if (shown.growMetrics()) changes.push({ study, run, what: 'metrics' });
  }
  return { changes, isBehind };
}

function documentState(folder: string): string {
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
