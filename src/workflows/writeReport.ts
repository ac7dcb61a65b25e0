/** Gathers what a report shows, renders it and writes page and charts into the study. */
import { join } from 'node:path';
import type { DynamicsResult } from '../dynamics/experiment.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import { products } from '../newtonSchulz/cost.ts';
import { output } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Plan } from '../planner/plan.ts';
import { renderReport } from '../report/renderReport.ts';
import type { ReportData, ReportRun, ResponseCurve } from '../report/reportData.ts';
import { describeSteepest } from '../scaling/comparePooled.ts';
import { lawCurve } from '../scaling/forecast.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { publishedLaws } from '../scaling/published/publishedLaws.ts';
import type { RandomSpectra } from '../spectra/randomSpectra.ts';
import { readDynamics } from '../store/dynamicsFolder.ts';
import type { RunRecords } from '../store/runFolder.ts';
import type { StudyDescription } from '../store/study.ts';
import { readRandom, type StudyWriter } from '../store/studyFolder.ts';
import type { TrackedTrajectory } from './analyse.ts';
import { observedModel } from './observedRuns.ts';
import { randomReportData } from './randomReport.ts';
import { summariseRun } from './summarise.ts';

/** What a report is written from. */
export interface ReportSource {
  readonly runs: readonly RunRecords[];
  readonly tracked: readonly TrackedTrajectory[];
  readonly laws: LawsDocument | null;
  readonly plan: Plan | null;
  /** Trains the study again; null if nothing of it is trained here. */
  readonly command: string | null;
  /** Parameters to draw forecasts to, instead of the study's. */
  readonly target?: number;
}

/** Singular values at which a response is drawn. */
const RESPONSE_POINTS = 600;
/** Smallest singular value drawn, as a share of the smallest forecast. */
const BELOW_FORECAST = 0.1;

/**
 * Renders and writes the report; returns its path and the sentences it opens with. It has a section on random matrices if
 * `random --out` has recorded them in the study.
 */
export function writeStudyReport(
  writer: StudyWriter,
  source: ReportSource,
): { readonly path: string; readonly charts: number; readonly statements: readonly string[] } {
  const data = reportData(writer.description, source, {
    random: readRandom(writer.folder),
    dynamics: readDynamics(writer.folder),
  });
  const { html, charts } = renderReport(data);
  for (const { name, svg } of charts) writer.writeChart(`${name}.svg`, svg);
  writer.writeReport(html);
  return { path: join(writer.folder, 'report.html'), charts: charts.length, statements: data.statements };
}

/** Experiments that a study keeps beside its runs. */
export interface RecordedExperiments {
  readonly random: RandomSpectra | null;
  readonly dynamics: readonly DynamicsResult[];
}

/** Everything the report shows, as plain data. */
export function reportData(
  study: StudyDescription,
  { runs, tracked, laws, plan, command, target = study.target }: ReportSource,
  { random, dynamics }: RecordedExperiments,
): ReportData {
  return {
    study,
    runs: runs.map(reportRun),
    tracked: tracked.map(({ trajectory, plateau }) => ({ trajectory, plateau })),
    laws,
    forecasts: laws ? laws.laws.map((law) => lawCurve(law, target)) : [],
    published: publishedLaws(),
    statements: laws ? describeSteepest(laws) : [],
    plan,
    responses: plan ? responseCurves(plan) : [],
    random: random && randomReportData(random),
    dynamics,
    command,
  };
}

function reportRun(run: RunRecords): ReportRun {
  if (run.origin === 'observed') {
    const { origin, description, spectra, sources } = run;
    return {
      origin,
      description,
      model: observedModel(spectra),
      matrices: new Set(spectra.map(({ name }) => name)).size,
      steps: [...new Set(spectra.map(({ step }) => step))].sort((a, b) => a - b),
      stages: [...new Set(spectra.map(({ stage }) => stage))],
      methods: [...new Set(spectra.map(({ method }) => method))],
      sources,
    };
  }
  const { origin, description, metrics } = run;
  const finished = metrics.length === description.config.steps;
  return { origin, description, metrics, summary: finished ? summariseRun(description, metrics) : null };
}

/** The planned schedules and the baseline, each once, from below the smallest forecast to 1. */
function responseCurves(plan: Plan): readonly ResponseCurve[] {
  const planned = plan.layers.map(({ schedule }): NsSchedule => ({ ...schedule, source: plan.source }));
  const schedules = new Map([...planned, scheduleOf('jordan', 5)].map((schedule) => [schedule.name, schedule]));
  const smallest = Math.min(...plan.layers.map(({ sigma }) => sigma.low));
  const sigma = logSpaced(Math.min(1e-3, smallest * BELOW_FORECAST), 1, RESPONSE_POINTS);
  return [...schedules.values()].map((schedule) => ({
    name: schedule.name,
    products: products(schedule),
    sigma,
    output: sigma.map((s) => output(s, schedule)),
  }));
}

function logSpaced(from: number, to: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));
}
