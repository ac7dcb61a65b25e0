/** Studies that are shown while they may still grow, begin and vanish: found under folders, looked at again and again. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { isInside } from './insideFolder.ts';
import type {
  DocumentName,
  PageChange,
  PageHistory,
  PageMetrics,
  PageOverviewRow,
  PageSeriesList,
  PageStudy,
  PageTrajectory,
} from './pageData.ts';
import type { OverviewRequest, ShownRun, TrajectoryRequest } from './shownRun.ts';
import { describeShown, documentState, fittedLaws, readDocument, refreshRuns, type ShownStudy } from './shownStudy.ts';
import { type StudyPlace, searchStudies } from './studySearch.ts';

const MOST_STUDIES = 200;
/** Milliseconds of reading before requests are served again. */
const SLICE = 12;
/** Of them, for looking for studies. */
const SEARCH_SLICE = 4;
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
  /** Reads on and looks for news, studies that begin or vanish included; returns what changed and whether there is more to read now. */
  look(): { readonly changes: readonly PageChange[]; readonly isBehind: boolean };
}

/**
 * Opens every study at or under the folders, and later those that begin there.
 *
 * @throws UsageError if one of the folders is none
 */
export function showStudies(folders: readonly string[]): ShownStudies {
  const studies = new Map<string, ShownStudy>();
  const ids = new Map<string, string>();
  const search = searchStudies(folders);
  const add = ({ folder, name }: StudyPlace): ShownStudy | null => {
    const id = ids.get(folder) ?? freeId(basename(folder), [...ids.values()]);
    if (studies.has(id) || studies.size >= MOST_STUDIES) return null;
    ids.set(folder, id); // the same when it vanishes and begins again
    const study: ShownStudy = { id, name, folder, runs: new Map(), opened: new Map(), broken: new Map(), state: '' };
    studies.set(id, study);
    return study;
  };
  for (const place of search.look(Number.POSITIVE_INFINITY)) add(place);
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
    list: () => [...studies.values()].map(describeShown),
    document: (study, name) => readDocument(studyOf(study).folder, name),
    fittedLaws: (study, sizeConvention) => fittedLaws(studyOf(study), sizeConvention),
    series: (study, run) => begun(study, run).series(),
    trajectories: (study, run, request) => begun(study, run).trajectories(request),
    overview: (study, run, request) => begun(study, run).overview(request),
    history: (study, run, index, most) => begun(study, run).history(index, most),
    metrics: (study, run, columns) => runOf(study, run).metrics(columns),
    look: () => {
      const until = performance.now() + SLICE;
      const gone = [...studies.values()].filter(isGone);
      for (const { id } of gone) studies.delete(id);
      if (gone.length > 0) wanted = null;
      for (const place of search.look(performance.now() + SEARCH_SLICE)) add(place);
      const { changes, isBehind } = lookAt([...studies.values()], wanted, until);
      return { changes: [...gone.map(({ id }) => changeOf(id)), ...changes], isBehind };
    },
  };
}

function freeId(name: string, taken: readonly string[]): string {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'study';
  for (let n = 1; ; n++) {
    const id = n === 1 ? slug : `${slug}-${n}`;
    if (!taken.includes(id)) return id;
  }
}

/** Whether the description is no longer there; one that is damaged, or replaced by a link, keeps its place with a note. */
function isGone({ folder }: ShownStudy): boolean {
  const path = join(folder, 'study.json');
  return !isInside(path, folder) && !existsSync(path);
}

function changeOf(study: string): PageChange {
  return { study, run: null, what: 'study' };
}

function lookAt(
  studies: readonly ShownStudy[],
  wanted: ShownRun | null,
  until: number,
): { readonly changes: PageChange[]; readonly isBehind: boolean } {
  const changes: PageChange[] = [];
  let isBehind = false;
  for (const study of studies) {
    const state = documentState(study.folder);
    const isNew = refreshRuns(study);
    if (isNew || state !== study.state) changes.push(changeOf(study.id));
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
