import { formatCount, formatShare, significant } from '../../base/numbers.ts';
import type { Plan } from '../../planner/plan.ts';
import { layersLabel, matrixLabel, type RuleCells, ruleBlocks } from '../../report/ruleBlocks.ts';
import type { ComparedSchedule, PlanComparison } from '../../workflows/plan.ts';
import { type Column, formatTable } from '../terminal.ts';

/** A narrower terminal has no room for the alternatives. */
const FULL_WIDTH = 104;

/** A file or a pipe takes the table without broken names. */
const WIDE = 160;

/**
 * The rules of a plan, one a line, each with its smallest singular value planned for and what it would give with a step
 * less or more. Matrices of the same rules share their lines.
 */
export function ruleTable({ rules = [], criterion }: Plan, width?: number): string {
  const full = width === undefined || width >= FULL_WIDTH;
  return formatTable(
    [
      { title: 'matrix', align: 'left' },
      { title: 'layers', align: 'right' },
      { title: `q=${criterion.quantile} from`, align: 'right' },
      { title: 'schedule', align: 'left' },
      { title: 'products', align: 'right' },
      { title: 'output', align: 'right' },
      ...(full ? ALTERNATIVES : []),
      { title: 'law', align: 'left' },
    ],
    ruleBlocks(rules, full).flatMap(({ names, lines }) =>
      lines.map(({ cells }, i) => [i === 0 ? names : '', ...lineOf(cells)]),
    ),
    { width: width ?? WIDE },
  );
}

function lineOf({ layers, sigma, schedule, products, output, alternatives, law }: RuleCells): readonly string[] {
  return [layers, sigma, schedule, products, output, ...alternatives, law];
}

const ALTERNATIVES: readonly Column[] = [
  { title: 'with fewer', align: 'right' },
  { title: 'with more', align: 'right' },
];

/** Two plans side by side, one range of layers a line. */
export function comparisonTable({ rows }: PlanComparison, width?: number): string {
  return formatTable(
    [
      { title: 'matrix', align: 'left' },
      { title: 'layers', align: 'right' },
      { title: 'this plan', align: 'left' },
      { title: 'products', align: 'right' },
      { title: 'output', align: 'right' },
      { title: 'against', align: 'left' },
      { title: 'products', align: 'right' },
      { title: 'output', align: 'right' },
    ],
    rows.map((row) => [
      matrixLabel(row),
      row.layers ? layersLabel(row.layers) : `depth ${significant(row.depths[1])}`,
      nameOf(row.plan),
      String(row.plan.products),
      outputOf(row.plan),
      row.against === null ? '-' : row.same ? 'the same' : nameOf(row.against),
      row.against === null ? '' : String(row.against.products),
      row.against === null ? '' : outputOf(row.against),
    ]),
    { width },
  );
}

/** How much differs, and what it costs, in a sentence. */
export function comparisonSummary({ plan, against, changed, compared }: PlanComparison): string {
  const cost =
    against.flops === null || against.flops === 0
      ? ''
      : `; this plan takes ${formatShare(plan.flops / against.flops)} of its Newton-Schulz flops`;
  return `${changed} of ${compared} rows differ from the plan for ${formatCount(against.params)} parameters (${against.source})${cost}.`;
}

function nameOf({ name, remedy }: ComparedSchedule): string {
  return remedy === undefined ? name : `${name} + ${remedy}`;
}

function outputOf({ output, met }: { readonly output: number; readonly met: boolean }): string {
  return `${output.toFixed(2)}${met ? '' : ' unmet'}`;
}
