/** The report of a study folder as it is now, finished or not. */
import { MuonscopeError, UsageError } from '../base/errors.ts';
import type { Plan } from '../planner/plan.ts';
import { planFromLaws } from '../planner/planFromLaws.ts';
import type { LawsDocument } from '../scaling/law.ts';
import type { RunRecords } from '../store/runFolder.ts';
import { openStudy, readLaws, readPlan, readRuns, type StudyWriter } from '../store/studyFolder.ts';
import { lawsOf, type TrackedTrajectory, trackedTrajectories } from './analyse.ts';
import { commandOf } from './commandLine.ts';
import { writeStudyReport } from './writeReport.ts';

export interface RewrittenReport {
  readonly path: string;
  readonly charts: number;
  /** Why there are no laws or no plan, where there could be some. */
  readonly notes: readonly string[];
}

/**
 * Writes report.html and charts/ from the records of a study, with the laws and the plan it ended with. Where runs were
 * observed there is no end: laws and plan are made anew, and saved if nothing of the study is trained here.
 *
 * @throws UsageError if no run of the study has begun
 */
export function rewriteReport(folder: string, options: RewriteOptions = {}): RewrittenReport {
  const writer = openStudy(folder);
  try {
    const report = rewriteReportOf(writer, options);
    if (report === null) throw new UsageError(`report: no run of ${folder} has begun; ${remedyFor(writer)}`);
    return report;
  } finally {
    writer.close();
  }
}

export interface RewriteOptions {
  /** Parameters to plan for instead of the study's. */
  readonly target?: number;
}

/** {@link rewriteReport} of a study that is open; null if no run has begun. */
export function rewriteReportOf(writer: StudyWriter, { target }: RewriteOptions = {}): RewrittenReport | null {
  const { description, folder } = writer;
  const runs = readRuns(folder);
  if (runs.every((run) => (run.origin === 'trained' ? run.metrics : run.spectra).length === 0)) return null;
  const tracked = trackedTrajectories(runs);
  const asSaved = target === undefined && runs.every((run) => run.origin === 'trained');
  const { laws, plan, notes } = asSaved
    ? { laws: readLaws(folder), plan: readPlan(folder), notes: [] }
    : conclusionsOf(runs, tracked, { folder, seed: description.seed, target: target ?? description.target });
  if (description.origin === 'observed' && laws !== null) writer.writeLaws(laws);
  if (description.origin === 'observed' && plan !== null) writer.writePlan(plan);
  const command = description.origin === 'trained' ? commandOf(description) : null;
  return {
    ...writeStudyReport(writer, { runs, tracked, laws, plan, command, ...(target ? { target } : {}) }),
    notes,
  };
}

/** Laws and plan as far as the records carry them. */
function conclusionsOf(
  runs: readonly RunRecords[],
  tracked: readonly TrackedTrajectory[],
  { folder, seed, target }: { readonly folder: string; readonly seed: number; readonly target: number },
): { readonly laws: LawsDocument | null; readonly plan: Plan | null; readonly notes: readonly string[] } {
  const laws = orWhyNot(() => lawsOf(runs, tracked, { source: `study ${folder}`, seed }));
  if (laws.value === null) return { laws: null, plan: null, notes: laws.why };
  const fitted = laws.value;
  const plan = orWhyNot(() => planFromLaws(fitted, { params: target }));
  return { laws: fitted, plan: plan.value, notes: plan.why };
}

/** The result, or the foreseen reason for which there is none. */
function orWhyNot<T>(make: () => T): { readonly value: T | null; readonly why: readonly string[] } {
  try {
    return { value: make(), why: [] };
  } catch (error) {
    if (!(error instanceof MuonscopeError)) throw error;
    return { value: null, why: [error.message] };
  }
}

function remedyFor({ description, folder }: StudyWriter): string {
  return description.origin === 'trained'
    ? `train it with muonscope study --resume --out ${folder}`
    : `add spectra with muonscope scan, watch or ingest, --out ${folder}`;
}
