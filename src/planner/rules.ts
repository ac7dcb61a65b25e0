/** A plan of hundreds of rows as the few rules a person sets up: role x range of layers. */
import { compensatedSum } from '../base/sums.ts';
import type { PlanAlternatives, PlanLayer, PlannedSchedule, PlanRemedy, PlanRule } from './plan.ts';

/** A row of a layer: what a rule is made of. */
type LayerRow = PlanLayer & Required<Pick<PlanLayer, 'layer' | 'parameter' | 'shape' | 'matrices'>>;

/** One layer of a rule. */
export interface RuleLayer {
  readonly role: string;
  readonly part: string | null;
  readonly layer: number;
  readonly schedule: string;
}

/**
 * Joins neighbouring layers of one kind of matrix that run the same schedule.
 *
 * @param layers rows that stand for a layer; others (of whole ranges of depth) make no rule
 * @param alternativesOf asked of the hardest layer of each rule
 * @param outputOf at the singular value planned for, likewise
 * @returns in the order of `layers`; each row of a layer belongs to exactly one rule
 */
export function compressRules(
  layers: readonly PlanLayer[],
  alternativesOf: (row: PlanLayer) => PlanAlternatives,
  outputOf: (row: PlanLayer) => number,
): readonly PlanRule[] {
  const runs: LayerRow[][] = [];
  for (const row of layers) {
    if (!isLayerRow(row)) continue;
    const run = runs.at(-1);
    if (run && continues(run.at(-1)!, row)) run.push(row);
    else runs.push([row]);
  }
  return runs.map((run) => ruleOf(run, alternativesOf, outputOf));
}

/** The layers that rules stand for, in order. */
export function expandRules(rules: readonly PlanRule[]): readonly RuleLayer[] {
  return rules.flatMap(({ role, part = null, layers: [first, last], schedule }) =>
    Array.from({ length: last - first + 1 }, (_, i) => ({ role, part, layer: first + i, schedule: schedule.name })),
  );
}

/** Whether two schedules do the same, whatever they are called. */
export function isSameSchedule(a: PlannedSchedule, b: PlannedSchedule): boolean {
  if (a.coefficients === b.coefficients && a.entry === b.entry) return a.precision === b.precision;
  return (
    JSON.stringify([a.coefficients, a.entry, a.precision]) === JSON.stringify([b.coefficients, b.entry, b.precision])
  );
}

function isLayerRow(row: PlanLayer): row is LayerRow {
  const { layer, parameter, shape, matrices } = row;
  return [layer, parameter, shape, matrices].every((field) => field !== undefined);
}

function continues(before: LayerRow, row: LayerRow): boolean {
  return (
    row.layer === before.layer + 1 &&
    row.role === before.role &&
    row.part === before.part &&
    row.parameter === before.parameter &&
    row.schedule.name === before.schedule.name &&
    row.remedy?.name === before.remedy?.name &&
    isSameSchedule(row.schedule, before.schedule)
  );
}

function ruleOf(
  run: readonly LayerRow[],
  alternativesOf: (row: PlanLayer) => PlanAlternatives,
  outputOf: (row: PlanLayer) => number,
): PlanRule {
  const [first, last] = [run[0]!, run.at(-1)!];
  const wanted = ({ plannedFor, sigma }: LayerRow): number => plannedFor ?? sigma.value;
  const hardest = run.reduce((a, b) => (wanted(b) < wanted(a) ? b : a));
  const values = run.map(({ sigma }) => sigma.value);
  return {
    role: first.role,
    ...(first.part === undefined ? {} : { part: first.part }),
    parameter: first.parameter,
    layers: [first.layer, last.layer],
    depths: [first.depth, last.depth],
    shape: first.shape,
    schedule: first.schedule,
    products: first.products,
    matrices: run.reduce((sum, { matrices }) => sum + matrices, 0),
    flops: compensatedSum(run.map(({ flops }) => flops)),
    sigma: [Math.min(...values), Math.max(...values)],
    hardest: {
      layer: hardest.layer,
      sigma: wanted(hardest),
      output: outputOf(hardest),
      alternatives: alternativesOf(hardest),
    },
    met: run.every(({ met }) => met !== false),
    weak: run.some(({ weak }) => weak === true),
    ...(first.remedy === undefined ? {} : { remedy: remedyOf(first.remedy, run) }),
  };
}

function remedyOf({ name, products }: PlanRemedy, run: readonly LayerRow[]): PlanRemedy {
  return {
    name,
    products,
    flops: compensatedSum(run.map(({ remedy }) => remedy?.flops ?? 0)),
    float32Flops: compensatedSum(run.map(({ remedy }) => remedy?.float32Flops ?? 0)),
  };
}
