/** Forecast singular value of every layer along depth, one panel a role, in the colour of the schedule it runs. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { Plan, PlanLayer } from '../../planner/plan.ts';
import { type Cell, roleLabel, rolesOf, shortLabel } from '../cells.ts';
import { GRID, MUTED, TEXT } from '../palette.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { axisTitles, type Chart, panel } from './chart.ts';
import { type LegendKey, legend } from './legend.ts';
import { type ScheduleStyle, scheduleStyles } from './scheduleStyles.ts';

const HEIGHT = 330;
const MARGIN = { left: 66, right: 14, top: 26, bottom: 46 };
/** Panels that fit a page side by side. */
const MOST_ROLES = 6;

/**
 * @param measured role and depth of the laws; their layers are ringed
 * @returns null without rows that stand for a layer
 */
export function depthChart(plan: Plan, measured: readonly Cell[]): Chart | null {
  const all = plan.layers.filter((row) => row.layer !== undefined && row.part === undefined);
  const roles = rolesOf(all.filter(({ role }) => measured.some((cell) => cell.role === role))).slice(0, MOST_ROLES);
  const rows = all.filter(({ role }) => roles.includes(role));
  const domain = logDomain(
    rows.flatMap(({ sigma }) => [sigma.low, sigma.high]),
    1.3,
  );
  if (domain === null) return null;
  const styles = scheduleStyles(plan, curvesOf(rows));
  const used = styles.filter(({ name }) => rows.some((row) => row.schedule.name === name));
  const keys: LegendKey[] = [
    ...used.map(({ name, ink, mark }): LegendKey => ({ label: shortLabel(name), mark: dotOf(mark), ink })),
    { label: 'measured depth', mark: 'ring', ink: TEXT },
    { label: '95 % interval', mark: 'band', ink: MUTED },
  ];
  const top = legend(keys, MARGIN.left);
  const styleOf = (row: PlanLayer): ScheduleStyle => styles.find(({ name }) => name === row.schedule.name)!; // made of rows
  return {
    name: 'depth',
    title: `Forecast q = ${significant(plan.criterion.quantile)} singular value of every layer at ${formatCount(plan.target.params)} parameters`,
    description: `${roles.length} panels, one a role; depth runs to the right, the axis of the singular value is logarithmic.`,
    height: top.height + HEIGHT,
    body:
      top.body +
      panel(top.height, options(rows, roles, domain, styleOf, measured)) +
      axisTitles(
        { x: 'relative depth of the layer', y: 'forecast singular value σ (log scale)' },
        { ...MARGIN, top: top.height, height: HEIGHT },
      ),
  };
}

/** More schedules than colours: the colours come again as squares. */
function dotOf(mark: ScheduleStyle['mark']): 'point' | 'square' {
  return mark === 'dotted' ? 'square' : 'point';
}

/** Order of the legend: by products. */
function curvesOf(rows: readonly PlanLayer[]) {
  const products = new Map(rows.map((row) => [row.schedule.name, row.products]));
  return [...products].map(([name, count]) => ({ name, products: count, sigma: [], output: [] }));
}

function options(
  rows: readonly PlanLayer[],
  roles: readonly string[],
  domain: readonly [number, number],
  styleOf: (row: PlanLayer) => ScheduleStyle,
  measured: readonly Cell[],
): Plot.PlotOptions {
  const at = { fx: 'role', x: 'depth' } as const;
  const isMeasured = (row: PlanLayer): boolean =>
    measured.some(({ role, depth }) => role === row.role && Math.abs(depth - row.depth) < 1e-9);
  return {
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    fx: { domain: [...roles], label: null, padding: 0.08, axis: null },
    x: { domain: [0, 1], label: null },
    y: { type: 'log', domain: [...domain], label: null },
    marks: [
      Plot.gridY(logTicks(domain), { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.axisY(logTicks(domain), { tickFormat: formatPower, label: null }),
      Plot.axisX([0, 0.5, 1], { tickFormat: (depth: number) => significant(depth), label: null }),
      Plot.frame({ stroke: GRID.light }),
      Plot.text(roles, { fx: (role: string) => role, text: roleLabel, frameAnchor: 'top', dy: -16, fill: TEXT.light }),
      Plot.areaY(rows, {
        ...at,
        z: 'role',
        y1: (row: PlanLayer) => row.sigma.low,
        y2: (row: PlanLayer) => row.sigma.high,
        fill: MUTED.light,
        fillOpacity: 0.2,
      }),
      ...(['point', 'square'] as const).map((mark) =>
        Plot.dot(
          rows.filter((row) => dotOf(styleOf(row).mark) === mark),
          {
            ...at,
            y: (row: PlanLayer) => row.sigma.value,
            fill: (row: PlanLayer) => styleOf(row).ink.light,
            symbol: mark === 'point' ? 'circle' : 'square',
            r: mark === 'point' ? 2.2 : 3,
          },
        ),
      ),
      Plot.dot(rows.filter(isMeasured), {
        ...at,
        y: (row: PlanLayer) => row.sigma.value,
        stroke: TEXT.light,
        symbol: 'diamond',
        r: 5,
      }),
    ],
  };
}
