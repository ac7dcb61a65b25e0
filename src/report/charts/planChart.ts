/** The plan at a glance: products and schedule of every role and depth, coloured by cost against the baseline. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { Plan, PlanLayer } from '../../planner/plan.ts';
import { depthLabel, depthsOf, roleLabel, rolesOf, shortLabel } from '../cells.ts';
import { COST_INKS, type Ink, PAGE, TEXT } from '../palette.ts';
import { type Chart, panel } from './chart.ts';
import { type LegendKey, legend } from './legend.ts';

const ROW_HEIGHT = 50;
const MARGIN = { left: 92, right: 16, top: 26, bottom: 6 };
/** Cells narrower than this hold the number only. */
const MOST_NAMED_COLUMNS = 6;
/** From this ratio to the baseline's products on, a cell counts as far cheaper or far dearer. */
const FAR = 1.34;

/** @param baselineProducts of the baseline schedule; @returns null without layers */
export function planChart(plan: Plan, baselineProducts: number): Chart | null {
  if (plan.layers.length === 0) return null;
  const depths = depthsOf(plan.layers);
  const roles = rolesOf(plan.layers);
  const height = MARGIN.top + MARGIN.bottom + ROW_HEIGHT * roles.length;
  const keys = legend(keysOf(plan, baselineProducts), MARGIN.left);
  const named = depths.length <= MOST_NAMED_COLUMNS;
  return {
    name: 'plan',
    title: `Matrix products per layer at ${formatCount(plan.target.params)} parameters`,
    description: `A grid of ${roles.length} roles by ${depths.length} depths; the numbers are in the table of the plan.`,
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, {
        height,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        x: { type: 'band', domain: depths, label: null, padding: 0.03 },
        y: { type: 'band', domain: roles, label: null, padding: 0.06 },
        marks: cellMarks(plan, baselineProducts, named),
      }),
  };
}

/** Whether the output at the forecast itself reaches the floor. */
export function meetsFloor(plan: Plan, layer: PlanLayer): boolean {
  return layer.output.value >= plan.criterion.floor;
}

function cellMarks(plan: Plan, baselineProducts: number, named: boolean): Plot.Markish[] {
  const at = { x: 'depth', y: 'role' };
  const text = { ...at, fill: TEXT.light };
  const unmet = plan.layers.filter((layer) => !meetsFloor(plan, layer));
  const tickFormat = named ? depthLabel : (depth: number) => significant(depth);
  const products = (layer: PlanLayer): string => String(layer.products);
  const schedule = (layer: PlanLayer): string => shortLabel(layer.schedule.name);
  const fill = (layer: PlanLayer): string => costInk(layer.products, baselineProducts).light;
  return [
    Plot.axisX({ anchor: 'top', tickSize: 0, label: null, tickFormat }),
    Plot.axisY({ tickSize: 0, label: null, tickFormat: roleLabel }),
    Plot.cell(plan.layers, { ...at, fill, rx: 3 }),
    Plot.cell(unmet, { ...at, stroke: TEXT.light, strokeWidth: 2, fill: 'none', rx: 3 }),
    Plot.text(plan.layers, { ...text, text: products, fontSize: 16, fontWeight: 600, dy: named ? -7 : 0 }),
    ...(named ? [Plot.text(plan.layers, { ...text, text: schedule, fontSize: 11, dy: 11 })] : []),
  ];
}

function keysOf(plan: Plan, baselineProducts: number): LegendKey[] {
  const labels = [
    'far fewer products',
    'fewer',
    `as many as ${shortLabel(plan.baseline.name)}: ${baselineProducts}`,
    'more',
    'far more',
  ];
  const used = new Set(plan.layers.map((layer) => costInk(layer.products, baselineProducts)));
  const keys = labels.map((label, i): LegendKey => ({ label, mark: 'square', ink: COST_INKS[i]! }));
  const unmet = plan.layers.some((layer) => !meetsFloor(plan, layer));
  return [
    ...keys.filter((key, i) => i === 2 || used.has(key.ink)),
    ...(unmet ? [{ label: 'outlined: below the floor', mark: 'square', ink: PAGE } as const] : []),
  ];
}

function costInk(products: number, baselineProducts: number): Ink {
  if (products === baselineProducts) return COST_INKS[2]!;
  if (products < baselineProducts) return COST_INKS[products * FAR <= baselineProducts ? 0 : 1]!;
  return COST_INKS[products >= baselineProducts * FAR ? 4 : 3]!;
}
