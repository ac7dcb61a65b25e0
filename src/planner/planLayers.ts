/** For each row of a forecast, the cheapest schedule that meets the criterion. */
import { requireInteger, requireQuantiles } from '../base/checks.ts';
import { DomainError, UsageError } from '../base/errors.ts';
import { compensatedSum } from '../base/sums.ts';
import { scheduleOf } from '../newtonSchulz/catalogue.ts';
import { flops, products } from '../newtonSchulz/cost.ts';
import { output, outputRange } from '../newtonSchulz/response.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';
import { candidateSchedules, comparable } from './candidates.ts';
import { type Chooser, createChooser } from './choose.ts';
import type { Judgement } from './judge.ts';
import type { Plan, PlanCriterion, PlanLayer } from './plan.ts';
import { reasonsFor } from './reasons.ts';

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
  /** Copied to the row as they are. */
  readonly place?: Pick<PlanLayer, 'layer' | 'part' | 'parameter' | 'weak'>;
}

/** The part of a {@link Plan} that forecasts alone decide. */
export type LayerPlan = Pick<Plan, 'layers' | 'baseline' | 'flops' | 'saved' | 'met' | 'warnings'>;

/** What every matrix would run without a plan. */
const BASELINE = scheduleOf('jordan', 5);

/**
 * The cheapest schedule of each row, by flops on its shape; see `judge` for when a schedule meets the criterion.
 *
 * `createChooser` says which of equally cheap ones is taken. Where none meets the criterion, it is the one that comes
 * closest; the row and the plan then say `met: false`.
 *
 * @param schedules to choose from; the catalogue at 1 to 10 steps if left out. Their precision is set to the criterion's
 * @throws DomainError for a floor outside (0, 1], an impossible interval or shape
 * @throws UsageError if nothing is left to choose from
 */
export function planLayers(
  forecasts: readonly LayerForecast[],
  criterion: PlanCriterion,
  { schedules = candidateSchedules(criterion.precision) }: { readonly schedules?: readonly NsSchedule[] } = {},
): LayerPlan {
  requireCriterion(criterion);
  for (const row of forecasts) requireForecast(row);
  const choices = comparable(schedules.map((schedule) => ({ ...schedule, precision: criterion.precision })));
  if (choices.schedules.length === 0)
    throw new UsageError('plan: no schedule to choose from; name at least one with a Frobenius entry, such as jordan');
  const chooser = createChooser(choices.schedules);
  const layers = forecasts.map((row) => planLayer(row, criterion, chooser));
  const total = compensatedSum(layers.map((layer) => layer.flops));
  const baseline = compensatedSum(forecasts.map(({ shape, matrices }) => matrices * flops(BASELINE, ...shape)));
  return {
    layers,
    baseline: { name: BASELINE.name, flops: baseline },
    flops: total,
    saved: baseline === 0 ? 0 : 1 - total / baseline,
    met: layers.every((layer) => layer.met),
    warnings: [...choices.warnings, ...precisionWarnings(criterion)],
  };
}

function planLayer(row: LayerForecast, criterion: PlanCriterion, chooser: Chooser): PlanLayer {
  const plannedFor = row.plannedFor ?? row.sigma.value;
  const choice = chooser.choose(intervalAround(plannedFor, row.sigma), row.shape, criterion.floor);
  const { schedule, reach } = choice.chosen;
  const { name, coefficients, entry, precision } = schedule;
  return {
    role: row.role,
    depth: row.depth,
    sigma: row.sigma,
    schedule: { name, coefficients, entry, precision },
    output: outputOver(choice.chosen, row.sigma, plannedFor),
    products: products(schedule),
    flops: row.matrices * flops(schedule, ...row.shape),
    reasons: [...reasonsFor(choice, criterion, row.sigma, plannedFor), ...row.notes],
    shape: row.shape,
    matrices: row.matrices,
    met: choice.met,
    ...row.place,
    plannedFor,
    ...(choice.met ? {} : { reach }),
  };
}

/**
 * The interval a choice is made for, about the value that must meet the criterion: the forecast with its own interval, or
 * a low end, for which what lies above it is certain enough.
 */
export function intervalAround(plannedFor: number, { value, low, high }: Interval): Interval {
  return { value: plannedFor, low: Math.min(low, plannedFor), high: plannedFor < value ? plannedFor : high };
}

/** The outputs over the forecast's own interval. */
function outputOver({ schedule, output: judged }: Judgement, sigma: Interval, plannedFor: number): Interval {
  if (plannedFor === sigma.value) return judged;
  const [low, high] = outputRange(schedule, [sigma.low, sigma.high]);
  return { value: output(sigma.value, schedule), low, high };
}

function precisionWarnings({ precision }: PlanCriterion): readonly string[] {
  if (precision === 'float32') return [];
  return [
    `Outputs are those of exact arithmetic. Rounding to ${precision} loses directions far below the largest one, ` +
      `which no number of steps brings back.`,
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
