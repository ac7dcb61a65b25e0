/** Studies that are shown while they may still grow: found under folders, read as far as asked, looked at again and again. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { StudyError, UsageError } from '../base/errors.ts';
import { formatBytes } from '../base/numbers.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { findPlateau } from '../stability/findPlateau.ts';
import { readDynamics } from '../store/dynamicsFolder.ts';
import { readDescription } from '../store/runFiles.ts';
import { RUN_NAME } from '../store/schemas.ts';
import { openSpectraColumns, type SeriesColumns, type SpectraColumns } from '../store/spectraColumns.ts';
import type { RunDescription } from '../store/study.ts';
import { readLaws, readPlan, readRandom, readStudy } from '../store/studyFolder.ts';
import { thinByPixel } from '../store/thinColumns.ts';
import type {
  DocumentName,
  PageChange,
  PageHistory,
  PageMetrics,
  PageRun,
  PageSeriesList,
  PageStudy,
  PageTrajectory,
} from './pageData.ts';
import { type GrowingMetrics, openMetrics } from './shownMetrics.ts';

/** Deeper folders are not looked into for studies. */
const DEEPEST = 4;
const MOST_STUDIES = 200;
/** Milliseconds of reading before requests are served again. */
const SLICE = 12;
/** Bytes of records; reading and fitting them takes some seconds, in which nothing else is served. */
const MOST_FITTED = 128 * 2 ** 20;

export interface ShownStudies {
  list(): readonly PageStudy[];
  document(study: string, name: DocumentName): unknown;
  /** Laws fitted to the records as they are now, whether or not the study holds a document. */
  fittedLaws(study: string, sizeConvention: SizeConvention): Promise<LawsDocument>;
  series(study: string, run: string): PageSeriesList;
  trajectories(study: string, run: string, request: TrajectoryRequest): readonly PageTrajectory[];
  history(study: string, run: string, index: number, most: number): PageHistory;
  metrics(study: string, run: string, columns: number): PageMetrics;
  /** Reads on and looks for news; returns what changed and whether there is more to read now. */
  look(): { readonly changes: readonly PageChange[]; readonly isBehind: boolean };
}

export interface TrajectoryRequest {
  readonly indices: readonly number[];
  readonly quantiles: readonly number[];
  readonly columns: number;
}

interface ShownRun {
  readonly description: RunDescription;
  readonly spectra: SpectraColumns;
  readonly metrics: GrowingMetrics;
}

interface ShownStudy {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly runs: Map<string, ShownRun>;
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
        studies.set(id, { id, name, folder, runs: new Map(), state: '' });
    }
  }
  if (studies.size === 0)
    throw new UsageError(
      `serve: expected a study in ${folders.join(', ')}, found no study.json in or under it; check the path or make one with the study command`,
    );
  for (const study of studies.values()) refreshRuns(study);
  const studyOf = (id: string): ShownStudy => {
    const found = studies.get(id);
    if (found === undefined) throw new UsageError(`serve: there is no study ${id}; see the list of studies`);
    return found;
  };
  const runOf = (id: string, run: string): ShownRun => {
    const study = studyOf(id);
    const found = study.runs.get(run);
    if (found === undefined) throw new UsageError(`serve: study ${id} has no run ${run}; see its list of runs`);
    if (found.spectra.records === 0) found.spectra.grow(performance.now() + SLICE);
    return found;
  };
  return {
    list: () => [...studies.values()].map(describe),
    document: (study, name) => readDocument(studyOf(study).folder, name),
    fittedLaws: (study, sizeConvention) => fittedLaws(studyOf(study), sizeConvention),
    series: (study, run) => seriesList(runOf(study, run)),
    trajectories: (study, run, request) => trajectoriesOf(runOf(study, run), request),
    history: (study, run, index, most) => historyOf(runOf(study, run).spectra, index, most),
    metrics: (study, run, columns) => runOf(study, run).metrics.thinned(run, columns),
    look: () => lookAt([...studies.values()]),
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

/** Whether a path exists and, with every link followed, lies in `root`. */
function isInside(path: string, root: string): boolean {
  try {
    const real = realpathSync(path);
    return real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
  } catch {
    return false;
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
    const folder = join(runs, name);
    const files = ['run.json', 'spectra.jsonl', 'metrics.jsonl'].map((file) => join(folder, file));
    if (files.some((file) => existsSync(file) && !isInside(file, study.folder))) continue;
    const description = readDescription(folder, study.folder);
    if (description === null) continue;
    study.runs.set(name, {
      description,
      spectra: openSpectraColumns(join(folder, 'spectra.jsonl')),
      metrics: openMetrics(join(folder, 'metrics.jsonl')),
    });
    isNew = true;
  }
  return isNew;
}

function describe({ id, name, folder, runs }: ShownStudy): PageStudy {
  const { origin, created, target } = readStudy(folder);
  const all = [...runs.values()].map(({ description }) => pageRun(description));
  return {
    id,
    name,
    origin,
    created,
    target,
    runs: all.sort((a, b) => a.params - b.params),
    documents: (['laws', 'plan', 'random', 'dynamics'] as const).filter((document) => {
      const path = join(folder, document === 'dynamics' ? document : `${document}.json`);
      return isInside(path, folder);
    }),
  };
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
  const bytes = [...runs.values()].reduce((sum, { spectra }) => sum + spectra.size, 0);
  if (bytes > MOST_FITTED)
    throw new StudyError(
      `serve: the records of ${id} take ${formatBytes(bytes)}, more than the page fits laws to at once; run muonscope laws on the folder`,
      folder,
    );
  const { lawsOfRecords } = await import('./studyLaws.ts');
  return { ...lawsOfRecords(folder, { sizeConvention, window: 'fixed' }), source: `study ${id}` };
}

function seriesList({ spectra }: ShownRun): PageSeriesList {
  return {
    series: spectra.series.map((identity, index) => {
      const { count, steps, values, measures } = spectra.columns(index);
      const { name, role, layer, depth, stage, shape, quantiles } = identity;
      const last = count - 1;
      const middle = nearest(quantiles, 0.5);
      return {
        ...{ index, name, role, layer, depth, stage, shape, quantiles },
        records: count,
        lastStep: steps[last] ?? 0,
        median: short(values[middle]?.[last] ?? 0) ?? 0,
        outlierShare: short(measures.outlierShare[last] ?? 0) ?? 0,
      };
    }),
    records: spectra.records,
    reading: { read: spectra.read, size: spectra.size },
    damaged: spectra.damaged.map(({ line, reason }) => `spectra.jsonl line ${line}: ${reason}`),
  };
}

function nearest(values: readonly number[], wanted: number): number {
  return values.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best]! - wanted) ? i : best), 0);
}

/** Five digits: a hundredth of a pixel, half the bytes. */
function short(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}

function trajectoriesOf(
  { description, spectra }: ShownRun,
  { indices, quantiles, columns }: TrajectoryRequest,
): readonly PageTrajectory[] {
  return indices.flatMap((index) => {
    const series = spectra.columns(index);
    return quantiles.flatMap((quantile) => {
      const column = series.values[series.quantiles.indexOf(quantile)];
      if (column === undefined) return [];
      const kept = thinByPixel(series.steps, column, columns);
      return {
        index,
        quantile,
        steps: kept.map((i) => series.steps[i]!),
        values: kept.map((i) => short(column[i]!) ?? 0), // thinned to finite samples
        plateau: plateauOf(description, series, quantile, column),
      };
    });
  });
}

/** What the report says of it: the learning-rate decay of a run that was trained here never counts. */
function plateauOf(description: RunDescription, series: SeriesColumns, quantile: number, column: Float32Array) {
  const { run, params, nonEmbeddingParams } = description;
  const { role, layer, depth, shape } = series;
  const at = Array.from(column.keys()).filter((i) => column[i]! > 0);
  const steps = at.map((i) => series.steps[i]!);
  const values = at.map((i) => column[i]!);
  const identity = { run, params, nonEmbeddingParams, role, layer, depth, shape, quantile };
  if (description.origin === 'observed') return findPlateau({ ...identity, steps, values });
  const { config } = description;
  return findPlateau(
    { ...identity, steps, values },
    { until: Math.floor(config.steps * (1 - config.rate.decayShare)) },
  );
}

function historyOf(spectra: SpectraColumns, index: number, most: number): PageHistory {
  const { count, steps, values, measures, quantiles, floor } = spectra.columns(index);
  const stride = Math.max(1, (count - 1) / Math.max(1, most - 1));
  const kept = new Set<number>();
  for (let at = 0; at <= count - 1 + 1e-9; at += stride) kept.add(Math.round(at));
  const rows = [...kept];
  const pick = (column: Float32Array): number[] => rows.map((i) => short(column[i]!) ?? 0);
  return {
    index,
    quantiles,
    floor,
    steps: rows.map((i) => steps[i]!),
    values: values.map((column) => rows.map((i) => short(column[i]!))),
    spectral: pick(measures.spectral),
    smallest: pick(measures.smallest),
    stableRank: pick(measures.stableRank),
    effectiveRank: pick(measures.effectiveRank),
    outlierShare: pick(measures.outlierShare),
  };
}

function lookAt(studies: readonly ShownStudy[]): { readonly changes: PageChange[]; readonly isBehind: boolean } {
  const changes: PageChange[] = [];
  const until = performance.now() + SLICE;
  let isBehind = false;
  for (const study of studies) {
    const state = documentState(study.folder);
    const isNew = refreshRuns(study);
    if (isNew || state !== study.state) changes.push({ study: study.id, run: null, what: 'study' });
    study.state = state;
    for (const [run, { spectra, metrics }] of study.runs) {
      const before = spectra.records;
      isBehind = spectra.grow(until) || isBehind;
      if (spectra.records !== before) changes.push({ study: study.id, run, what: 'spectra' });
      if (metrics.grow()) changes.push({ study: study.id, run, what: 'metrics' });
    }
  }
  return { changes, isBehind };
}

function documentState(folder: string): string {
  return ['study.json', 'laws.json', 'plan.json', 'random.json', 'dynamics']
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false }))
    .map((found) => (found ? `${found.size} ${found.mtimeMs}` : '-'))
    .join();
}
