/** A plan for every layer of a model: its forecast (modelForecast.ts), the choice of each row, and the rules they make. */
import type { Remedy } from '../newtonSchulz/remedy.ts';
import { output } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { createAlternatives } from './alternatives.ts';
import { candidateSchedules, comparable } from './candidates.ts';
import type { Judgement } from './judge.ts';
import type { ModelDescription } from './modelFamilies/modelDescription.ts';
import { type ForecastOptions, forecastModel, forecastSize, type ModelForecast } from './modelForecast.ts';
import type { Plan, PlanLayer, PlanRule } from './plan.ts';
import { intervalAround, type LayerChoices, type LayerForecast, planLayers } from './planLayers.ts';
import { createRounding, type Rounding } from './rounding.ts';
import { compressRules } from './rules.ts';
import { trainingShare } from './trainingShare.ts';

/** What a plan may choose from, and what it tells besides. */
export interface PlanChoices {
  /** To choose from; the catalogue at 1 to 10 steps if left out. */
  readonly schedules?: readonly NsSchedule[];
  /** What may be done where rounding loses a direction; all if left out, ["none"] for nothing. */
  readonly remedies?: readonly Remedy[];
  /** Adds the share of a training step of so many tokens that Newton-Schulz takes. */
  readonly tokensPerStep?: number;
  /** Restricts the choice row by row, see LayerChoices. */
  readonly among?: LayerChoices['among'];
  /** False leaves out the reasons of rows and the alternatives of rules, which take most of the time. */
  readonly explained?: boolean;
}

/** What is asked of a plan. */
export interface ModelPlanOptions extends ForecastOptions, Omit<PlanChoices, 'among'> {}

/**
 * A plan with one row for every layer and kind of matrix.
 *
 * @returns rows by kind of matrix in the model's order, then by layer; `flops` and `baseline` are of one training step
 * @throws UsageError if no law has this quantile, no law can stand in for a matrix, or a forecast is above 1
 */
export function planModel(laws: LawsDocument, model: ModelDescription, options: ModelPlanOptions = {}): Plan {
  return planForecast(forecastModel(laws, model, options), options);
}

/** {@link planModel} for a target known by its size alone, see forecastSize. */
export function planSize(laws: LawsDocument, params: number, options: Omit<ModelPlanOptions, 'params'> = {}): Plan {
  return planForecast(forecastSize(laws, params, options), options);
}

/** The plan of a forecast. @throws UsageError if nothing is left to choose from */
export function planForecast(forecast: ModelForecast, choices: PlanChoices = {}): Plan {
  const { target, criterion, source, rows, extrapolation, model } = forecast;
  const { schedules, remedies, tokensPerStep, among, explained = true } = choices;
  const { precision } = criterion;
  const candidates = (schedules ?? candidateSchedules(precision)).map((schedule) => ({ ...schedule, precision }));
  const rounding = createRounding(precision);
  const { warnings, ...layerPlan } = planLayers(rows, criterion, {
    schedules: candidates,
    rounding,
    explained,
    ...(remedies ? { remedies } : {}),
    ...(among ? { among } : {}),
  });
  return {
    schema: 'muonscope.plan/1',
    target,
    criterion,
    source,
    ...layerPlan,
    warnings: [...forecast.warnings, ...warnings],
    rules: rulesOf(layerPlan.layers, rows, explained ? comparable(candidates).schedules : [], rounding),
    extrapolation,
    ...(tokensPerStep === undefined
      ? {}
      : { trainingShare: trainingShare(model, tokensPerStep, layerPlan.flops, layerPlan.baseline.flops) }),
  };
}

/** Rules with alternatives among `schedules` and outputs in the precision of the plan. */
function rulesOf(
  layers: readonly PlanLayer[],
  rows: readonly LayerForecast[],
  schedules: readonly NsSchedule[],
  rounding: Rounding,
): readonly PlanRule[] {
  const spectra = new Map(layers.map((layer, i) => [layer, rows[i]?.spectrum]));
  const plannedFor = ({ plannedFor: value, sigma }: PlanLayer): number => value ?? sigma.value;
  const rounded = (exact: Judgement, row: PlanLayer): Judgement => {
    const spectrum = spectra.get(row);
    if (!spectrum) return exact;
    return rounding.judge(exact, intervalAround(plannedFor(row), row.sigma), row.remedy?.name ?? 'none', spectrum);
  };
  const outputOf = (row: PlanLayer): number => {
    const spectrum = spectra.get(row);
    const schedule = { ...row.schedule, source: '' };
    const value = plannedFor(row);
    if (!spectrum) return output(value, schedule);
    return rounding.outputOver(schedule, { value, low: value, high: value }, row.remedy?.name ?? 'none', spectrum)
      .value;
  };
  return compressRules(layers, createAlternatives(schedules, rounded), outputOf);
}
