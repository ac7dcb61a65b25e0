/** For each row of a forecast, the cheapest schedule that meets the criterion. */
import { requireInteger, requireQuantiles } from '../base/checks.ts';
import { DomainError, UsageError } from '../base/errors.ts';
import { remembered } from '../base/remembered.ts';
import { finished, type Steps } from '../base/steps.ts';
import { compensatedSum } from '../base/sums.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import { flops, products } from '../newtonSchulz/cost.ts';
import type { QuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';
import { REMEDIES, type Remedy, remedyCost } from '../newtonSchulz/remedy.ts';
import { output, outputRange } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { candidateSchedules, comparable, inPrecision } from './candidates.ts';
import { type Chooser, createChooser } from './choose.ts';
import type { Judgement } from './judge.ts';
import type { Plan, PlanCriterion, PlanLayer, PlannedSchedule, PlanRemedy } from './plan.ts';
import { type Choice, reasonsFor } from './reasons.ts';
import { createRounding, type Rounding } from './rounding.ts';

/** One role at one depth, at the target size. */
export interface LayerForecast {
  readonly role: string;
  readonly depth: number;
  /** Singular value of X / ||X||_F at the criterion's quantile; 0 <= low <= value <= high <= 1. */
  readonly sigma: Interval;
  /** [m, n] of one matrix. */
  readonly shape: readonly [number, number];
  /** Matrices this row stands for; 0 if the target has no layer near this depth. */
  readonly matrices: number;
  /** What the reader should know about the forecast, in sentences; copied to the row's reasons. */
  readonly notes: readonly string[];
  /** The singular value that must meet the criterion; `sigma.value` if left out. */
  readonly plannedFor?: number;
  /**
   * All singular values among which `sigma` stands, of a matrix of this shape; rounding depends on them. If left out, all
   * directions have the value of `sigma` and one top direction holds what they leave of the norm; the plan says so.
   */
  readonly spectrum?: QuantileSpectrum;
  /** Copied to the row as they are. */
  readonly place?: Pick<PlanLayer, 'layer' | 'part' | 'parameter' | 'weak'>;
}

/** The part of a {@link Plan} that forecasts alone decide. */
export type LayerPlan = Pick<Plan, 'layers' | 'baseline' | 'flops' | 'saved' | 'met' | 'warnings'>;

/** What a plan of layers may choose from. */
export interface LayerChoices {
  /** The catalogue at 1 to 10 steps if left out. Their precision is set to the criterion's. */
  readonly schedules?: readonly NsSchedule[];
  /** What may be done where rounding loses the direction; all if left out, ["none"] for nothing. */
  readonly remedies?: readonly Remedy[];
  /** Shared by several calls, so that a spectrum is modelled once. */
  readonly rounding?: Rounding;
  /** Names of the schedules a row may choose from; all where it gives undefined. Sets are told apart by identity. */
  readonly among?: (row: LayerForecast) => ReadonlySet<string> | undefined;
  /** False leaves the reasons out, which take most of the time: for a plan that follows a slider. */
  readonly explained?: boolean;
}

/** What every matrix would run without a plan. */
const BASELINE = scheduleOf('jordan', 5);

/**
 * The cheapest schedule of each row, by flops on its shape; see `judge` for when a schedule meets the criterion, and
 * `createRounding` for when it does in another precision than float32, which is taken as exact.
 *
 * Where rounding makes a schedule miss what it meets in exact arithmetic, each remedy is weighed with its flops, and the
 * cheapest schedule with or without one is taken. `createChooser` says which of equally cheap ones is taken. Where none meets the criterion, it is the one that comes
 * closest; the row and the plan then say `met: false`.
 *
 * @throws DomainError for a floor outside (0, 1], an impossible interval or shape
 * @throws UsageError if nothing is left to choose from
 */
export function planLayers(
  forecasts: readonly LayerForecast[],
  criterion: PlanCriterion,
  choices: LayerChoices = {},
): LayerPlan {
  return finished(planLayersInSteps(forecasts, criterion, choices));
}

/** Rows of a step: together some tenths of a millisecond. */
const STEP = 16;

/** {@link planLayers}, a few rows a step. */
export function* planLayersInSteps(
  forecasts: readonly LayerForecast[],
  criterion: PlanCriterion,
  choices: LayerChoices = {},
): Steps<LayerPlan> {
  const { explained = true, among = () => undefined } = choices;
  requireCriterion(criterion);
  for (const row of forecasts) requireForecast(row);
  const { chooser, rounding, warnings } = createRowChooser(criterion, { ...choices, explained });
  const ofSchedule = remembered(scheduleOfRow);
  const layers: PlanLayer[] = [];
  for (const row of forecasts) {
    const choice = chosenFor(row, criterion, chooser, among(row));
    const layer = planLayer(row, criterion, rounding, choice, ofSchedule(choice.chosen.schedule));
    layers.push(explained ? { ...layer, reasons: explain(choice, row, criterion) } : layer);
    if (layers.length % STEP === 0) yield;
  }
  const total = compensatedSum(layers.map((layer) => layer.flops));
  const baselineOf = ofSchedule(BASELINE).flopsOf;
  const baseline = compensatedSum(forecasts.map(({ shape, matrices }) => matrices * baselineOf(shape)));
  return {
    layers,
    baseline: { name: BASELINE.name, flops: baseline },
    flops: total,
    saved: baseline === 0 ? 0 : 1 - total / baseline,
    met: layers.every((layer) => layer.met),
    warnings: [...warnings, ...roundingWarnings(forecasts, layers, criterion)],
  };
}

/** The reasons of single rows, as a plan of all of them gives. @param criterion as {@link planLayers} takes it */
export function createReasons(
  criterion: PlanCriterion,
  choices: LayerChoices = {},
): (row: LayerForecast) => readonly string[] {
  const { chooser } = createRowChooser(criterion, { ...choices, explained: true });
  return (row) => explain(chosenFor(row, criterion, chooser, choices.among?.(row)), row, criterion);
}

function createRowChooser(
  criterion: PlanCriterion,
  {
    schedules = candidateSchedules(criterion.precision),
    remedies = REMEDIES,
    rounding = createRounding(criterion.precision),
    explained = true,
  }: LayerChoices,
): { readonly chooser: Chooser; readonly rounding: Rounding | null; readonly warnings: readonly string[] } {
  const choices = comparable(inPrecision(schedules, criterion.precision));
  if (choices.schedules.length === 0)
    throw new UsageError('plan: no schedule to choose from; name at least one with a Frobenius entry, such as jordan');
  const rounded = criterion.precision === 'float32' ? null : rounding;
  const chooser = createChooser(choices.schedules, {
    rounded: rounded ? { rounding: rounded, remedies } : undefined,
    explained,
  });
  return { chooser, rounding: rounded, warnings: choices.warnings };
}

function chosenFor(
  row: LayerForecast,
  criterion: PlanCriterion,
  chooser: Chooser,
  among: ReadonlySet<string> | undefined,
): Choice {
  const sigma = intervalAround(row.plannedFor ?? row.sigma.value, row.sigma);
  return chooser.choose(sigma, row.shape, criterion.floor, spectrumOf(row, criterion), among);
}

function planLayer(
  row: LayerForecast,
  criterion: PlanCriterion,
  rounding: Rounding | null,
  choice: Choice,
  { schedule, products, flopsOf }: ScheduleOfRow,
): PlanLayer {
  const plannedFor = row.plannedFor ?? row.sigma.value;
  const { remedy: name, reach } = choice.chosen;
  const remedy = name === 'none' ? null : planRemedy(name, choice.chosen.schedule, row);
  return {
    role: row.role,
    depth: row.depth,
    sigma: row.sigma,
    schedule,
    output: outputOver(choice.chosen, row, plannedFor, criterion, rounding),
    products: products + (remedy?.products ?? 0),
    flops: row.matrices * flopsOf(row.shape) + (remedy?.flops ?? 0),
    reasons: [],
    shape: row.shape,
    matrices: row.matrices,
    met: choice.met,
    ...row.place,
    plannedFor,
    ...(choice.met ? {} : { reach }),
    ...(remedy ? { remedy } : {}),
  };
}

/** What rows that run a schedule say of it. */
interface ScheduleOfRow {
  readonly schedule: PlannedSchedule;
  readonly products: number;
  /** Of one matrix. */
  readonly flopsOf: (shape: readonly [number, number]) => number;
}

function scheduleOfRow(schedule: NsSchedule): ScheduleOfRow {
  const { name, coefficients, entry, precision } = schedule;
  return {
    schedule: { name, coefficients, entry, precision },
    products: products(schedule),
    flopsOf: remembered((shape) => flops(schedule, ...shape)),
  };
}

function explain(choice: Choice, row: LayerForecast, criterion: PlanCriterion): readonly string[] {
  const { sigma, shape, notes, plannedFor = sigma.value } = row;
  return [...reasonsFor(choice, criterion, sigma, plannedFor, shape), ...notes];
}

function planRemedy(name: PlanRemedy['name'], schedule: NsSchedule, { shape, matrices }: LayerForecast): PlanRemedy {
  const cost = remedyCost(name, schedule, ...shape);
  return {
    name,
    products: cost.products,
    flops: matrices * cost.flops,
    float32Flops: matrices * cost.float32Flops,
  };
}

/** The row's spectrum, or the flat one that LayerForecast describes. */
function spectrumOf({ spectrum, sigma, shape: [rows, columns] }: LayerForecast, { quantile }: PlanCriterion) {
  return spectrum ?? { quantiles: [quantile], values: [sigma.value], rows, columns };
}

/**
 * The interval a choice is made for, about the value that must meet the criterion: the forecast with its own interval, or
 * a low end, for which what lies above it is certain enough.
 */
export function intervalAround(plannedFor: number, { value, low, high }: Interval): Interval {
  return { value: plannedFor, low: Math.min(low, plannedFor), high: plannedFor < value ? plannedFor : high };
}

/** The outputs over the forecast's own interval. */
function outputOver(
  { schedule, remedy, output: judged }: Judgement,
  row: LayerForecast,
  plannedFor: number,
  criterion: PlanCriterion,
  rounding: Rounding | null,
): Interval {
  const { sigma } = row;
  if (plannedFor === sigma.value) return judged;
  if (rounding) return rounding.outputOver(schedule, sigma, remedy, spectrumOf(row, criterion));
  const [low, high] = outputRange(schedule, [sigma.low, sigma.high]);
  return { value: output(sigma.value, schedule), low, high };
}

/** What a reader of outputs that are not exact should know. */
function roundingWarnings(
  forecasts: readonly LayerForecast[],
  layers: readonly PlanLayer[],
  { precision, floor }: PlanCriterion,
): readonly string[] {
  if (precision === 'float32') return [];
  const remedied = layers.filter(({ remedy }) => remedy !== undefined);
  const names = [...new Set(remedied.map(({ remedy }) => remedy?.name))];
  const counts = names.map((name) => `${name} on ${remedied.filter(({ remedy }) => remedy?.name === name).length}`);
  const flat = forecasts.filter(({ spectrum }) => (spectrum?.values.length ?? 1) === 1).length;
  return [
    `Outputs are those predicted for ${precision} products, for singular vectors that do not live in a few rows or columns.`,
    ...(remedied.length === 0
      ? []
      : [
          `Rounding to ${precision} keeps ${remedied.length} of ${layers.length} rows from the floor ${floor} with the ` +
            `schedule they need in exact arithmetic; they run it with a remedy: ${counts.join(', ')}.`,
        ]),
    ...(flat === 0
      ? []
      : [
          `In ${flat} of ${layers.length} rows only one quantile is known; rounding is modelled as if all their directions but the top one had ` +
            `its value.`,
        ]),
  ];
}

function requireCriterion({ quantile, floor, confidence }: PlanCriterion): void {
  requireQuantiles('plan', [quantile]);
  if (confidence !== undefined && !(confidence > 0 && confidence < 1))
    throw new DomainError(`plan: the confidence must lie between 0 and 1, got ${confidence}; 0.95 is usual`);
  if (!(floor > 0 && floor <= 1))
    throw new DomainError(`plan: the floor must lie in (0, 1], got ${floor}; 1 is a perfectly orthonormal direction`);
}

function requireForecast({ role, depth, sigma, shape, matrices, plannedFor = sigma.value }: LayerForecast): void {
  const where = `plan: ${role} at depth ${depth}`;
  const { value, low, high } = sigma;
  if (!(low >= 0 && low <= value && value <= high && high <= 1))
    throw new DomainError(
      `${where}: expected 0 <= low <= value <= high <= 1 for a normalised singular value, got ${low}, ${value}, ${high}`,
    );
  if (!(plannedFor >= 0 && plannedFor <= value))
    throw new DomainError(
      `${where}: what is planned for must lie between 0 and the forecast ${value}, got ${plannedFor}`,
    );
  for (const size of shape) requireInteger(where, 'a side of the matrix', size);
  requireInteger(where, 'the number of matrices', matrices, 0);
}
