/** A plan for every layer of a model: its forecast (modelForecast.ts), the choice of each row, and the rules they make. */
import { finished, type Steps } from '../base/steps.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import { output } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { createAlternatives } from './alternatives.ts';
import { candidateSchedules, comparable, inPrecision } from './candidates.ts';
import type { Judgement } from './judge.ts';
import type { ModelDescription } from './modelFamilies/modelDescription.ts';
import { type ForecastOptions, forecastModel, forecastSize, type ModelForecast } from './modelForecast.ts';
import type { Plan, PlanAlternatives, PlanLayer, PlanRule } from './plan.ts';
import { createReasons, intervalAround, type LayerChoices, planLayersInSteps } from './planLayers.ts';
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
  /** Shared by several plans, so that a spectrum is modelled once. */
  readonly rounding?: Rounding;
  /** False leaves out the reasons of rows and the alternatives of rules, which take most of the time. */
  readonly explained?: boolean;
}

/** What is asked of a plan. */
export interface ModelPlanOptions extends ForecastOptions, Omit<PlanChoices, 'among' | 'rounding'> {}

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
  return finished(planInSteps(forecast, choices));
}

/** {@link planForecast}, a few rows a step. */
export function* planInSteps(forecast: ModelForecast, choices: PlanChoices = {}): Steps<Plan> {
  const { target, criterion, source, rows, extrapolation, model } = forecast;
  const { tokensPerStep, explained = true } = choices;
  const { layerChoices, rounding } = layerChoicesOf(forecast, choices);
  const { warnings, ...layerPlan } = yield* planLayersInSteps(rows, criterion, layerChoices);
  const alternativesOf = explained ? alternativesIn(layerChoices.schedules, rounding) : () => NO_ALTERNATIVES;
  const spectra = new Map(layerPlan.layers.map((layer, i) => [layer, rows[i]?.spectrum]));
  return {
    schema: 'muonscope.plan/1',
    target,
    criterion,
    source,
    ...layerPlan,
    warnings: [...forecast.warnings, ...warnings],
    rules: compressRules(
      layerPlan.layers,
      (layer) => alternativesOf(layer, spectra.get(layer)),
      (layer) => outputAt(layer, spectra.get(layer), rounding),
    ),
    extrapolation,
    ...(tokensPerStep === undefined
      ? {}
      : { trainingShare: trainingShare(model, tokensPerStep, layerPlan.flops, layerPlan.baseline.flops) }),
  };
}

/**
 * What a plan made with `explained: false` left out, of the hardest row of each rule: its reasons, and the rule's
 * alternatives. Half a rule a step.
 *
 * @param plan of `forecast` with these `choices`
 */
export function* explainInSteps(forecast: ModelForecast, plan: Plan, choices: PlanChoices = {}): Steps<Plan> {
  const { layerChoices, rounding } = layerChoicesOf(forecast, choices);
  const reasonsOf = createReasons(forecast.criterion, layerChoices);
  const alternativesOf = alternativesIn(layerChoices.schedules, rounding);
  const layers = [...plan.layers];
  const rules: PlanRule[] = [];
  for (const rule of plan.rules ?? []) {
    const at = plan.layers.findIndex((layer) => isHardest(layer, rule));
    const [layer, row] = [plan.layers[at]!, forecast.rows[at]!]; // every rule has its row
    layers[at] = { ...layer, reasons: reasonsOf(row) };
    yield;
    const alternatives = alternativesOf(layer, row.spectrum);
    rules.push({ ...rule, hardest: { ...rule.hardest, alternatives } });
    yield;
  }
  return { ...plan, layers, rules };
}

function isHardest({ role, part, parameter, layer }: PlanLayer, rule: PlanRule): boolean {
  return layer === rule.hardest.layer && role === rule.role && part === rule.part && parameter === rule.parameter;
}

function layerChoicesOf({ criterion: { precision } }: ModelForecast, choices: PlanChoices) {
  const { schedules, remedies, among, explained = true, rounding = createRounding(precision) } = choices;
  const layerChoices = {
    schedules: inPrecision(schedules ?? candidateSchedules(precision), precision),
    rounding,
    explained,
    ...(remedies ? { remedies } : {}),
    ...(among ? { among } : {}),
  };
  return { layerChoices, rounding };
}

const NO_ALTERNATIVES: PlanAlternatives = { fewer: null, more: null };

/** Alternatives of a row among schedules, in the precision of the plan. */
function alternativesIn(
  schedules: readonly NsSchedule[],
  rounding: Rounding,
): (layer: PlanLayer, spectrum: QuantileSpectrum | undefined) => PlanAlternatives {
  const rounded = (exact: Judgement, row: PlanLayer, spectrum: QuantileSpectrum | undefined): Judgement => {
    if (!spectrum) return exact;
    return rounding.judge(exact, intervalAround(plannedFor(row), row.sigma), row.remedy?.name ?? 'none', spectrum);
  };
  return createAlternatives(comparable(schedules).schedules, rounded);
}

/** At the singular value planned for, in the precision of the plan. */
function outputAt(row: PlanLayer, spectrum: QuantileSpectrum | undefined, rounding: Rounding): number {
  const schedule = { ...row.schedule, source: '' };
  if (!spectrum) return output(plannedFor(row), schedule);
  return rounding.outputAt(schedule, plannedFor(row), row.remedy?.name ?? 'none', spectrum);
}

function plannedFor({ plannedFor: value, sigma }: PlanLayer): number {
  return value ?? sigma.value;
}
