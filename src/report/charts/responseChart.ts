/** Newton-Schulz output over singular values, above the singular values that the laws forecast at the target. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { Plan } from '../../planner/plan.ts';
import type { LawCurve } from '../../scaling/law.ts';
import { chartDepths, isSameCell, shortLabel } from '../cells.ts';
import { GRID, MUTED, TEXT } from '../palette.ts';
import type { ResponseCurve } from '../reportData.ts';
import { formatPower, logDomain, logTicks, thinLine } from './axis.ts';
import { ANNOTATION, axisTitles, CHART_WIDTH, type Chart, panel } from './chart.ts';
import { forecastStrip, type Spread, stripHeight } from './forecastStrip.ts';
import { legend } from './legend.ts';
import { type ScheduleStyle, scheduleStyles } from './scheduleStyles.ts';

const RESPONSE_HEIGHT = 300;
const MARGIN = { left: 92, right: 74 };
const RESPONSE_BOTTOM = 20;

/** @returns null if there is no curve or no layer to draw */
export function responseChart(
  plan: Plan,
  curves: readonly ResponseCurve[],
  forecasts: readonly LawCurve[],
): Chart | null {
  const spreads = spreadsAtTarget(forecasts, plan);
  const xDomain = domainOf(plan, spreads);
  if (xDomain === null || curves.length === 0) return null;
  const styles = scheduleStyles(plan, curves);
  const keys = legend(
    [
      ...styles.map((style) => ({ label: shortLabel(style.name, 34), mark: style.mark, ink: style.ink })),
      { label: `forecast at q = ${significant(plan.criterion.quantile)}`, mark: 'point', ink: TEXT },
      ...(spreads.length > 0 ? [{ label: 'forecast of the other quantiles', mark: 'band', ink: MUTED } as const] : []),
    ],
    MARGIN.left,
  );
  const depths = chartDepths(plan.layers);
  const layers = plan.layers.filter((layer) => depths.includes(layer.depth));
  const stripTop = keys.height + RESPONSE_HEIGHT;
  return {
    name: 'newton-schulz',
    title: `Newton-Schulz output over the forecast spectrum at ${formatCount(plan.target.params)} parameters`,
    description: `Above, output against input singular value for ${styles.length} schedules; below, the forecast singular values of ${layers.length} cells on the same axis.`,
    height: stripTop + stripHeight(layers),
    body:
      keys.body +
      panel(keys.height, responseOptions(plan, curves, styles, xDomain)) +
      panel(stripTop, {
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        ...forecastStrip(layers, spreads, styles, xDomain),
      }) +
      axisTitles({ x: '', y: 'output singular value' }, { ...MARGIN, top: keys.height, height: RESPONSE_HEIGHT }) +
      axisTitles(
        { x: 'singular value σ of the normalised momentum (log scale)', y: '' },
        { ...MARGIN, top: stripTop, height: stripHeight(layers) },
      ),
  };
}

/** From the smallest to the largest forecast quantile of each cell, at the size nearest the target. */
function spreadsAtTarget(forecasts: readonly LawCurve[], plan: Plan): Spread[] {
  return plan.layers.flatMap(({ role, depth }) => {
    const values = forecasts
      .filter((curve) => isSameCell(curve, { role, depth }))
      .flatMap((curve) => curve.points.filter((point) => isTarget(point.params, plan)).map((point) => point.value));
    return values.length < 2 ? [] : [{ role, depth, low: Math.min(...values), high: Math.max(...values) }];
  });
}

/** A grid of sizes made by exp and log hits the target to rounding only. */
function isTarget(params: number, plan: Plan): boolean {
  return Math.abs(params / plan.target.params - 1) < 1e-6;
}

/** At most three decades below the lowest forecast value, however wide its interval; up to 1. */
function domainOf(plan: Plan, spreads: readonly Spread[]): [number, number] | null {
  const values = [...plan.layers.map((layer) => layer.sigma.value), ...spreads.flatMap((s) => [s.low, s.high])];
  const domain = logDomain(values, 1.5);
  if (domain === null) return null;
  const lowest = Math.min(...plan.layers.map((layer) => layer.sigma.low).filter((low) => low > 0));
  return [Math.max(domain[0] / 1e3, Math.min(domain[0], lowest / 1.5)), 1];
}

function responseOptions(
  plan: Plan,
  curves: readonly ResponseCurve[],
  styles: readonly ScheduleStyle[],
  xDomain: readonly [number, number],
): Plot.PlotOptions {
  const lines = styles.flatMap((style) => {
    const curve = curves.find((c) => c.name === style.name);
    return curve ? [{ style, points: pointsOf(curve, xDomain) }] : [];
  });
  const top = Math.max(1.2, ...lines.flatMap(({ points }) => points.map((point) => point.y))) * 1.04;
  return {
    height: RESPONSE_HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: 10,
    marginBottom: RESPONSE_BOTTOM,
    x: { type: 'log', domain: [...xDomain], label: null },
    y: { domain: [0, top], label: null },
    marks: [
      Plot.gridX(logTicks(xDomain, 8), { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.axisX(logTicks(xDomain, 8), { tickFormat: formatPower, label: null }),
      Plot.axisY({ ticks: 6, tickFormat: (value: number) => significant(value), label: null }),
      Plot.frame({ stroke: GRID.light }),
      Plot.ruleY([plan.criterion.floor], { stroke: TEXT.light, strokeWidth: 1, strokeDasharray: '2,3' }),
      ...lines.map(({ style, points }) =>
        Plot.line(points, { x: 'x', y: 'y', stroke: style.ink.light, strokeWidth: 1.4, ...dashOf(style) }),
      ),
      Plot.text([plan.criterion.floor], {
        ...ANNOTATION,
        frameAnchor: 'right',
        y: (floor: number) => floor,
        text: (floor: number) => `floor ${significant(floor)}`,
        textAnchor: 'start',
        dx: 6,
        fill: TEXT.light,
      }),
    ],
  };
}

function pointsOf(curve: ResponseCurve, [low, high]: readonly [number, number]): { x: number; y: number }[] {
  const points = curve.sigma.map((x, i) => ({ x, y: curve.output[i]! }));
  const visible = points.filter((point) => point.x >= low && point.x <= high && Number.isFinite(point.y));
  const logged = visible.map((point) => ({ ...point, sigma: point.x, x: Math.log(point.x) }));
  return thinLine(logged, CHART_WIDTH / 2).map(({ sigma, y }) => ({ x: sigma, y }));
}

function dashOf(style: ScheduleStyle): { strokeDasharray?: string } {
  if (style.mark === 'dashed') return { strokeDasharray: '5,3' };
  return style.mark === 'dotted' ? { strokeDasharray: '1.5,3' } : {};
}
