/** Experiments on spectral dynamics: run one, keep what it found, draw it, show it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runEntropy } from '../dynamics/entropy.ts';
import type { DynamicsResult, ExperimentName, ExperimentSize } from '../dynamics/experiment.ts';
import { runRegression } from '../dynamics/regression.ts';
import type { EngineName } from '../graph/engine.ts';
import { renderDynamicsReport } from '../report/renderDynamicsReport.ts';
import { readDynamics, writeDynamics, writeDynamicsChart, writeDynamicsPage } from '../store/dynamicsFolder.ts';
import { DYNAMICS_SCHEMA, type DynamicsDocument } from '../store/dynamicsSchema.ts';
import { rewriteReport } from './rewriteReport.ts';
import { runSensingSweep } from './sensingSweep.ts';
import { runTrainingSweep } from './trainingSweeps.ts';

export interface DynamicsRequest {
  readonly experiment: ExperimentName;
  readonly size: ExperimentSize;
  readonly seed: number;
  /** Folder for results, figures and the page. */
  readonly out: string;
  /** Go on with a sweep that the folder holds. */
  readonly resume: boolean;
  /** Of gpt; none for the text of the installed dependencies. */
  readonly text: readonly string[];
  /** Of vit; none for drawn glyphs. */
  readonly images: readonly string[];
  /** Of gpt and vit. */
  readonly engine: EngineName;
}

/** Of `regression` alone. */
export interface RegressionChoices {
  readonly measurements?: number;
  readonly unknowns?: number;
  readonly outputs?: number;
}

export interface DynamicsProgress {
  /** Share done. */
  readonly done: number;
  /** What is being done, e.g. "12 of 65 runs". */
  readonly detail: string;
}

export interface DynamicsOutcome {
  readonly document: DynamicsDocument;
  /** dynamics.html, or report.html where the folder is a study's. */
  readonly page: string;
}

/**
 * @returns null if `signal` was aborted; a sweep then goes on with `resume`
 * @throws UsageError or DomainError for a bad request, StudyError if the folder cannot be used
 */
export async function runDynamics(
  request: DynamicsRequest,
  choices: RegressionChoices,
  told: (progress: DynamicsProgress) => void,
  signal: AbortSignal,
): Promise<DynamicsOutcome | null> {
  const result = await resultOf(request, choices, told, signal);
  return result === null ? null : keep(request.out, result);
}

async function resultOf(
  request: DynamicsRequest,
  choices: RegressionChoices,
  told: (progress: DynamicsProgress) => void,
  signal: AbortSignal,
): Promise<DynamicsResult | null> {
  const { experiment, size, seed } = request;
  const share = (detail: string) => (done: number) => told({ done, detail });
  switch (experiment) {
    case 'entropy':
      return runEntropy({ size, seed, told: share('instances') });
    case 'regression':
      return runRegression({ size, seed, told: share('steps'), ...choices });
    case 'sensing':
      return runSensingSweep(request, told, signal);
    case 'gpt':
    case 'vit':
      return runTrainingSweep(request, told, signal);
    default:
      return experiment satisfies never;
  }
}

/** Writes the result beside the others of its folder, its figures, and the page of all. */
function keep(folder: string, result: DynamicsResult): DynamicsOutcome {
  writeDynamics(folder, result);
  const { charts } = renderDynamicsReport([result]);
  const figures = charts.map(({ name, svg }) => writeDynamicsChart(folder, name, svg));
  const page = isStudy(folder)
    ? rewriteReport(folder).path
    : writeDynamicsPage(folder, renderDynamicsReport(readDynamics(folder)).html);
  const { experiment, assumptions, claims, tables } = result;
  return { document: { schema: DYNAMICS_SCHEMA, experiment, assumptions, claims, tables, figures }, page };
}

function isStudy(folder: string): boolean {
  return existsSync(join(folder, 'study.json'));
}
