import { grouped } from '../../base/grouped.ts';
import { formatCount, formatShare, significant } from '../../base/numbers.ts';
import type { Plan, PlanAlternative, PlanRule } from '../../planner/plan.ts';
import { scheduleLabel } from '../../report/wording.ts';
import type { ComparedLayers, ComparedSchedule, PlanComparison } from '../../workflows/plan.ts';
import { type Column, formatTable } from '../terminal.ts';

/** A narrower terminal has no room for the alternatives. */
const FULL_WIDTH = 104;

/** A file or a pipe takes the table without broken names. */
const WIDE = 160;

/** Rules that are the same for several matrices, under all their names. */
interface RuleBlock {
  readonly names: readonly { readonly role: string; readonly part: string }[];
  readonly lines: readonly (readonly string[])[];
}

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
    blocksOf(rules, full).flatMap((block) => block.lines.map((line, i) => [i === 0 ? namesOf(block) : '', ...line])),
    { width: width ?? WIDE },
  );
}

function blocksOf(rules: readonly PlanRule[], full: boolean): readonly RuleBlock[] {
  const blocks = grouped(rules, matrixOf).map((own) => ({
    names: [{ role: own[0]!.role, part: own[0]!.part ?? '' }],
    lines: own.map((rule) => lineOf(rule, full)),
  }));
  return grouped(blocks, ({ lines }) => JSON.stringify(lines)).map((alike) => ({
    names: alike.flatMap(({ names }) => names),
    lines: alike[0]!.lines,
  }));
}

/** "mlp.gate, mlp.up (experts, shared expert)". */
function namesOf({ names }: RuleBlock): string {
  const parts = grouped(names, ({ part }) => part).map((alike) => ({
    part: alike[0]!.part,
    roles: alike.map(({ role }) => role).join(', '),
  }));
  return grouped(parts, ({ roles }) => roles)
    .map((alike) => {
      const named = alike.map(({ part }) => part || 'dense').join(', ');
      return named === 'dense' ? alike[0]!.roles : `${alike[0]!.roles} (${named})`;
    })
    .join('; ');
}

function lineOf(rule: PlanRule, full: boolean): readonly string[] {
  const { hardest } = rule;
  return [
    layersOf(rule.layers),
    hardest.sigma.toExponential(1),
    scheduleLabel(rule),
    String(rule.products),
    `${hardest.output.toFixed(2)}${rule.met ? '' : ' unmet'}`,
    ...(full ? [hardest.alternatives.fewer, hardest.alternatives.more].map(alternative) : []),
    rule.weak ? 'weak' : '',
  ];
}

const ALTERNATIVES: readonly Column[] = [
  { title: 'with fewer', align: 'right' },
  { title: 'with more', align: 'right' },
];

/** The cost of Newton-Schulz in a training step, in a sentence; empty without tokens a step. */
export function shareSummary({ trainingShare, baseline }: Plan): string {
  if (!trainingShare) return '';
  const { tokensPerStep, plan, baseline: share } = trainingShare;
  return `In a step of ${formatCount(tokensPerStep)} tokens Newton-Schulz takes ${formatShare(plan)} of the forward and backward flops, with ${baseline.name} everywhere ${formatShare(share)}.`;
}

/** Where a plan fails, and the floor that would hold everywhere; empty for one that meets its criterion. */
export function shortfall({ met, layers, criterion }: Plan): string {
  const failing = layers.filter((row) => row.met === false);
  const [first, ...others] = failing;
  if (met || !first) return '';
  const worst = others.reduce((a, b) => ((b.reach ?? 0) < (a.reach ?? 0) ? b : a), first);
  const place = worst.layer === undefined ? `at depth ${significant(worst.depth)}` : `of layer ${worst.layer}`;
  return `${failing.length} of ${layers.length} rows miss the floor ${criterion.floor}; the best reachable everywhere is ${significant(worst.reach ?? 0)}, set by ${worst.role} ${place} with ${scheduleLabel(worst)}.`;
}

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
      matrixOf(row),
      row.layers ? layersOf(row.layers) : `depth ${significant(row.depths[1])}`,
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

function matrixOf({ role, part }: Pick<PlanRule | ComparedLayers, 'role' | 'part'>): string {
  return part === undefined ? role : `${role} ${part}`;
}

function layersOf([first, last]: readonly [number, number]): string {
  return first === last ? String(first) : `${first}-${last}`;
}

function alternative(found: PlanAlternative | null): string {
  return found === null ? '-' : `${found.name} ${found.output.toFixed(2)}`;
}

function nameOf({ name, remedy }: ComparedSchedule): string {
  return remedy === undefined ? name : `${name} + ${remedy}`;
}

function outputOf({ output, met }: { readonly output: number; readonly met: boolean }): string {
  return `${output.toFixed(2)}${met ? '' : ' unmet'}`;
}
