/**
 * What a report is made of, as plain data: a workflow reads a study folder, calls the stages and hands the
 * results over. Nothing here is computed by the report except sums, counts and wording.
 */
import type { DynamicsResult } from '../dynamics/experiment.ts';
import type { Plan } from '../planner/plan.ts';
import type { LawCurve, LawsDocument } from '../scaling/law.ts';
import type { MomentumStage } from '../sources/momentumSample.ts';
import type { Plateau, Trajectory } from '../stability/plateau.ts';
import type {
  MetricsRecord,
  ObservedRun,
  RunSummary,
  SourceRecord,
  StudyDescription,
  TrainedRun,
} from '../store/study.ts';
import type { RandomReportData } from './randomReportData.ts';

/** One run with everything it recorded. */
export type ReportRun = TrainedReportRun | ObservedReportRun;

/** A rung of the ladder that is trained here. */
export interface TrainedReportRun {
  readonly origin: 'trained';
  readonly description: TrainedRun;
  /** Steps ascend. */
  readonly metrics: readonly MetricsRecord[];
  /** null while the run has not finished. */
  readonly summary: RunSummary | null;
}

/** A run that was trained elsewhere. */
export interface ObservedReportRun {
  readonly origin: 'observed';
  readonly description: ObservedRun;
  /** What the shapes of its matrices tell of the model; null without spectra. */
  readonly model: { readonly width: number; readonly layers: number } | null;
  /** How many matrices were measured. */
  readonly matrices: number;
  /** The steps at which spectra exist, ascending. */
  readonly steps: readonly number[];
  /** What was measured at some step or other. */
  readonly stages: readonly MomentumStage[];
  /** How the values were computed, each method once. */
  readonly methods: readonly string[];
  readonly sources: readonly SourceRecord[];
}

/** One quantile of one matrix over a run, and what the plateau rule says of it. */
export interface TrackedQuantile {
  readonly trajectory: Trajectory;
  readonly plateau: Plateau;
}

/** Output of a Newton-Schulz schedule over singular values, its entry scale included. */
export interface ResponseCurve {
  /** NsSchedule.name, the key by which the plan's layers find their curve. */
  readonly name: string;
  /** Matrix products of one application. */
  readonly products: number;
  /** Ascending, positive; singular values of X / ||X||_F. */
  readonly sigma: readonly number[];
  /** Same length as `sigma`. */
  readonly output: readonly number[];
}

/** Input of `renderReport`. */
export interface ReportData {
  readonly study: StudyDescription;
  /** In ladder order, then observed runs, smallest first. */
  readonly runs: readonly ReportRun[];
  readonly tracked: readonly TrackedQuantile[];
  /** null where too few runs settled for any law. */
  readonly laws: LawsDocument | null;
  /** One for each of `laws.laws`; empty without laws. */
  readonly forecasts: readonly LawCurve[];
  /** Laws to show side by side, usually those of arXiv:2606.04058; null to leave them out. */
  readonly published: LawsDocument | null;
  /** What the laws say, in sentences; shown as they are. */
  readonly statements: readonly string[];
  readonly plan: Plan | null;
  /** The planned schedules and the baseline, all of them; empty without a plan. */
  readonly responses: readonly ResponseCurve[];
  /** Random matrices recorded in the study; null if there are none. */
  readonly random: RandomReportData | null;
  /** Experiments on spectral dynamics recorded in the study, each once. */
  readonly dynamics: readonly DynamicsResult[];
  /** The command line that trains this study again; null if nothing of it is trained here. */
  readonly command: string | null;
}
