/** Plans from published or own laws, for a size or for a model's config; and one plan against another. */
import { readFileSync } from 'node:fs';
import { FormatError, UsageError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
import type { NsPrecision } from '../newtonSchulz/schedule.ts';
import { comparePlans, type PlanComparison } from '../planner/comparePlans.ts';
import { parseModelConfig } from '../planner/modelConfig.ts';
import type { ModelDescription } from '../planner/modelFamilies/modelDescription.ts';
import { forecastModel, forecastSize, type ModelForecast } from '../planner/modelForecast.ts';
import type { Plan } from '../planner/plan.ts';
import { planForecast } from '../planner/planModel.ts';
import { lawsToPlanWith } from './laws.ts';
import { planChoices } from './planFile.ts';

export type { ComparedLayers, ComparedSchedule, PlanComparison } from '../planner/comparePlans.ts';

/** Planned for where neither a size nor a config is given. */
export const DEFAULT_TARGET = 1e9;

/** Far beyond any model, and a plan of some seconds. */
const LARGEST_TARGET = 1e15;

/** What a plan is asked for. */
export interface PlanRequest {
  /** "published" or a study folder. */
  readonly laws: string;
  /** Size of the target; with a config, the size at which the laws are read instead of the model's own. */
  readonly params?: number;
  /** A model's config.json. */
  readonly config?: string;
  readonly quantile: number;
  readonly floor: number;
  readonly precision: NsPrecision;
  readonly confidence?: number;
  /** Restricts the choice, e.g. "jordan,polar-express:6". */
  readonly schedules?: string;
  readonly tokensPerStep?: number;
}

/**
 * A plan with a row a layer.
 *
 * @throws StudyError if the study has no laws
 * @throws FormatError if the config cannot be read
 * @throws UsageError if the laws cannot carry the plan asked for
 */
export async function planTarget(request: PlanRequest): Promise<Plan> {
  return planForecast((await forecasterOf(request))(request.precision), planChoices(request));
}

/** What the plan of a request must hold for, in any precision. @throws as {@link planTarget} */
export async function forecasterOf(request: PlanRequest): Promise<(precision: NsPrecision) => ModelForecast> {
  const { laws: source, params, config, quantile, floor, confidence } = request;
  if (params !== undefined && params > LARGEST_TARGET)
    throw new UsageError(
      `plan: expected at most ${formatCount(LARGEST_TARGET)} parameters, got ${formatCount(params)}; no law reaches that far`,
    );
  const laws = await lawsToPlanWith(source);
  const options = { quantile, floor, ...(confidence === undefined ? {} : { confidence }) };
  if (config === undefined)
    return (precision) => forecastSize(laws, params ?? DEFAULT_TARGET, { ...options, precision });
  const model = readModelConfig(config);
  const size = params === undefined ? {} : { params };
  return (precision) => forecastModel(laws, model, { ...options, ...size, precision });
}

/** @param against file of `plan --json`, or a study folder */
export async function comparePlanWith(plan: Plan, against: string): Promise<PlanComparison> {
  const { readPlanFile } = await import('../store/planFile.ts');
  return comparePlans(plan, readPlanFile(against));
}

/** @throws FormatError if there is no such file, it is no JSON, or a key is missing */
function readModelConfig(file: string): ModelDescription {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new FormatError(`model config: ${file} cannot be read; check the path of --config`, file, { cause: error });
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`model config: expected JSON in ${file} (${reason}); give a model's config.json`, file, {
      cause: error,
    });
  }
  return parseModelConfig(config, file);
}
