/** One plan against another: what each layer would run, cost and reach under the same forecast. */
import { compensatedSum } from '../base/sums.ts';
import { flops, products } from '../newtonSchulz/cost.ts';
import { remedyCost } from '../newtonSchulz/remedy.ts';
import { judge } from './judge.ts';
import type { Plan, PlanLayer } from './plan.ts';
import { isSameSchedule } from './rules.ts';

/** What one plan does on layers of the other. */
export interface ComparedSchedule {
  readonly name: string;
  readonly products: number;
  readonly flops: number;
  /** Output at the singular value of the layer that is hardest; see PlanRule. */
  readonly output: number;
  readonly met: boolean;
  /** What it does about rounding, by name; absent where it does nothing. */
  readonly remedy?: string;
}

/** Consecutive layers on which both plans stay the same. */
export interface ComparedLayers {
  readonly role: string;
  readonly part?: string;
  /** First and last layer, 0-based; absent for rows that stand for a range of depths. */
  readonly layers?: readonly [number, number];
  readonly depths: readonly [number, number];
  readonly plan: ComparedSchedule;
  /** null if the other plan has no row for this role. */
  readonly against: ComparedSchedule | null;
  readonly same: boolean;
}

/** `plan --against PLAN`; costs and outputs are on the shapes and forecasts of the first plan. */
export interface PlanComparison {
  readonly schema: 'muonscope.plan-comparison/1';
  readonly plan: { readonly params: number; readonly source: string; readonly flops: number };
  readonly against: { readonly params: number; readonly source: string; readonly flops: number | null };
  readonly rows: readonly ComparedLayers[];
  /** Layers whose schedules differ, and all that both plans cover. */
  readonly changed: number;
  readonly compared: number;
  /** Present where outputs of the other plan's schedules are exact but the plans' are not. */
  readonly warnings?: readonly string[];
}

/** A row of the first plan with its counterpart. */
interface Pair {
  readonly row: PlanLayer;
  readonly other: PlanLayer | null;
}

/**
 * Compares two plans on the model of the first.
 *
 * The counterpart of a row has the same role (and part, if the other plan knows it) and the smallest depth at or above
 * its own, the last one beyond; so plans of other sizes, and plans with a row a measured depth, can be compared.
 */
export function comparePlans(plan: Plan, against: Plan): PlanComparison {
  const pairs = plan.layers.map((row): Pair => ({ row, other: counterpart(row, against.layers) }));
  const covered = pairs.filter(({ other }) => other !== null);
  const isComplete = covered.length === pairs.length;
  return {
    schema: 'muonscope.plan-comparison/1',
    plan: { params: plan.target.params, source: plan.source, flops: plan.flops },
    against: {
      params: against.target.params,
      source: against.source,
      flops: isComplete ? compensatedSum(pairs.map((pair) => flopsOfOther(pair))) : null,
    },
    rows: joinPairs(pairs).map((run) => compareRun(run, plan)),
    changed: covered.filter((pair) => !isSame(pair)).length,
    compared: covered.length,
    ...roundingWarning(plan, against, covered),
  };
}

function counterpart(row: PlanLayer, others: readonly PlanLayer[]): PlanLayer | null {
  const ofRole = others.filter(({ role }) => role === row.role);
  const ofPart = ofRole.filter(({ part }) => part === row.part);
  const candidates = [...(ofPart.length > 0 ? ofPart : ofRole)].sort((a, b) => a.depth - b.depth);
  return candidates.find(({ depth }) => depth >= row.depth - 1e-9) ?? candidates.at(-1) ?? null;
}

function joinPairs(pairs: readonly Pair[]): readonly (readonly Pair[])[] {
  const runs: Pair[][] = [];
  for (const pair of pairs) {
    const run = runs.at(-1);
    if (run && continues(run.at(-1)!, pair)) run.push(pair);
    else runs.push([pair]);
  }
  return runs;
}

function continues(before: Pair, { row, other }: Pair): boolean {
  return (
    row.role === before.row.role &&
    row.part === before.row.part &&
    row.layer !== undefined &&
    row.layer === (before.row.layer ?? Number.NaN) + 1 &&
    row.schedule.name === before.row.schedule.name &&
    row.remedy?.name === before.row.remedy?.name &&
    other?.schedule.name === before.other?.schedule.name &&
    other?.remedy?.name === before.other?.remedy?.name
  );
}

function compareRun(run: readonly Pair[], plan: Plan): ComparedLayers {
  const [first, last] = [run[0]!.row, run.at(-1)!.row];
  const { row, other } = run.reduce((a, b) => (plannedFor(b.row) < plannedFor(a.row) ? b : a));
  return {
    role: first.role,
    ...(first.part === undefined ? {} : { part: first.part }),
    ...(first.layer === undefined || last.layer === undefined ? {} : { layers: [first.layer, last.layer] as const }),
    depths: [first.depth, last.depth],
    plan: compared(row, row, plan, compensatedSum(run.map((pair) => pair.row.flops))),
    against: other && compared(row, other, plan, compensatedSum(run.map(flopsOfOther))),
    same: run.every(isSame),
  };
}

/** A plan does not hold the spectra that rounding acts on, so only what it says itself is known in its precision. */
function roundingWarning(plan: Plan, against: Plan, pairs: readonly Pair[]): Pick<PlanComparison, 'warnings'> {
  const { precision } = plan.criterion;
  if (precision === 'float32' || pairs.every(isSame)) return {};
  const other = against.criterion.precision;
  return {
    warnings: [
      `Outputs of this plan are those in ${precision}; where the other plan (${other}) runs another schedule or remedy, ` +
        `its output is that of exact arithmetic.`,
    ],
  };
}

/** `other`'s schedule at the forecast of `row`. */
function compared(row: PlanLayer, other: PlanLayer, { criterion }: Plan, cost: number): ComparedSchedule {
  const { schedule } = other;
  const value = plannedFor(row);
  const interval = { value, low: Math.min(value, row.sigma.low), high: row.sigma.high };
  const { output, reach } = judge({ ...schedule, source: '', precision: criterion.precision }, interval);
  return {
    name: schedule.name,
    products: products({ ...schedule, source: '' }),
    flops: cost,
    ...(isKnown(row, other, criterion)
      ? { output: row.output.value, met: row.met !== false }
      : { output: output.value, met: reach >= criterion.floor }),
    ...(other.remedy ? { remedy: other.remedy.name } : {}),
  };
}

/** Whether the row says what the schedule gives in its precision, at the forecast. */
function isKnown(row: PlanLayer, other: PlanLayer, { precision }: Plan['criterion']): boolean {
  return precision !== 'float32' && isSame({ row, other });
}

/** Of the other plan's schedule and remedy on this plan's shape. */
function flopsOfOther({ row, other }: Pair): number {
  if (other === null || !row.shape) return 0;
  const schedule = { ...other.schedule, source: '' };
  const remedy = remedyCost(other.remedy?.name ?? 'none', schedule, ...row.shape);
  return (row.matrices ?? 1) * (flops(schedule, ...row.shape) + remedy.flops);
}

function isSame({ row, other }: Pair): boolean {
  return other !== null && isSameSchedule(row.schedule, other.schedule) && row.remedy?.name === other.remedy?.name;
}

function plannedFor({ plannedFor: value, sigma }: PlanLayer): number {
  return value ?? sigma.value;
}
