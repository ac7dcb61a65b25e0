/** Forecast singular values at the target as a strip of rows: role by role, one row a depth. */
import * as Plot from '@observablehq/plot';
import { significant } from '../../base/numbers.ts';
import type { PlanLayer } from '../../planner/plan.ts';
import { type Cell, chartDepths, roleLabel, rolesOf } from '../cells.ts';
import { BASELINE, GRID, MUTED } from '../palette.ts';
import { formatPower, logTicks } from './axis.ts';
import type { ScheduleStyle } from './scheduleStyles.ts';

const CELL_HEIGHT = 15;
const STRIP_TOP = 8;
const STRIP_BOTTOM = 50;

/** Forecast singular values of a cell from its smallest to its largest quantile. */
export interface Spread extends Cell {
  readonly low: number;
  readonly high: number;
}

/** Height of the panel in pixels, its x axis included. */
export function stripHeight(layers: readonly Cell[]): number {
  return STRIP_TOP + STRIP_BOTTOM + rolesOf(layers).length * chartDepths(layers).length * CELL_HEIGHT;
}

/**
 * Options of the panel, without its side margins, which belong to the chart it is part of.
 *
 * @param layers with finite depths that are few enough to read
 * @param domain of sigma; intervals are cut to it
 */
export function forecastStrip(
  layers: readonly PlanLayer[],
  spreads: readonly Spread[],
  styles: readonly ScheduleStyle[],
  domain: readonly [number, number],
): Plot.PlotOptions {
  const depths = chartDepths(layers);
  return {
    height: stripHeight(layers),
    marginTop: STRIP_TOP,
    marginBottom: STRIP_BOTTOM,
    x: { type: 'log', domain: [...domain], label: null },
    y: { type: 'point', domain: depths, label: null, padding: 0.6 },
    fy: { domain: rolesOf(layers), label: null, axis: null, padding: 0.08 },
    marks: [
      Plot.gridX(logTicks(domain, 8), { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.axisX(logTicks(domain, 8), { tickFormat: formatPower, label: null }),
      Plot.axisY({
        anchor: 'right',
        tickSize: 0,
        fontSize: 10,
        tickFormat: (d: number) => `depth ${significant(d)}`,
        label: null,
      }),
      Plot.frame({ stroke: GRID.light }),
      Plot.text(rolesOf(layers), {
        fy: (role: string) => role,
        text: roleLabel,
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -8,
      }),
      ...spreadMarks(
        spreads.filter((spread) => depths.includes(spread.depth)),
        domain,
      ),
      ...layerMarks(layers, styles, domain),
    ],
  };
}

function spreadMarks(spreads: readonly Spread[], domain: readonly [number, number]): Plot.Markish[] {
  return [
    Plot.ruleY(spreads, {
      fy: 'role',
      y: 'depth',
      x1: (spread: Spread) => within(spread.low, domain),
      x2: (spread: Spread) => within(spread.high, domain),
      stroke: MUTED.light,
      strokeOpacity: 0.25,
      strokeWidth: 5,
    }),
  ];
}

/** Forecast and interval of each layer, in the colour of its schedule. */
function layerMarks(
  layers: readonly PlanLayer[],
  styles: readonly ScheduleStyle[],
  domain: readonly [number, number],
): Plot.Markish[] {
  const inkOf = (layer: PlanLayer): string =>
    styles.find((style) => style.name === layer.schedule.name)?.ink.light ?? BASELINE.light;
  const visible = layers.filter((layer) => layer.sigma.value > 0);
  return [
    Plot.ruleY(visible, {
      fy: 'role',
      y: 'depth',
      x1: (layer: PlanLayer) => within(layer.sigma.low, domain),
      x2: (layer: PlanLayer) => within(layer.sigma.high, domain),
      stroke: inkOf,
      strokeWidth: 1.5,
    }),
    Plot.dot(visible, { fy: 'role', y: 'depth', x: (layer: PlanLayer) => layer.sigma.value, fill: inkOf, r: 3.5 }),
  ];
}

function within(value: number, [low, high]: readonly [number, number]): number {
  return Math.min(high, Math.max(low, value));
}
