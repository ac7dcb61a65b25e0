/** A figure of an experiment: lines, points and expectations over two axes, intervals where there are any. */
import * as Plot from '@observablehq/plot';
import { grouped } from '../../base/grouped.ts';
import { significant } from '../../base/numbers.ts';
import type { DynamicsFigure, FigureAxis, FigurePoint, FigureSeries } from '../../dynamics/experiment.ts';
import { CATEGORY_INKS, GRID, type Ink } from '../palette.ts';
import { formatPower, logDomain, logTicks, thinLine } from './axis.ts';
import { axisTitles, CHART_WIDTH, type Chart, panel } from './chart.ts';
import { type LegendMark, legend } from './legend.ts';

const HEIGHT = 360;
/** Pixels above the panels for their titles. */
const PANEL_TITLE = 18;
const MARGIN = { left: 76, right: 24, top: 12, bottom: 50 };

const LEGEND_MARKS: Readonly<Record<FigureSeries['mark'], LegendMark>> = { line: 'line', dot: 'point', dash: 'dashed' };

interface DrawnSeries extends FigureSeries {
  readonly ink: Ink;
  /** Whether another series has this ink: its line is then dotted. */
  readonly again: boolean;
}

/** @returns null if the figure has no point that its axes can show */
export function experimentChart(figure: DynamicsFigure): Chart | null {
  const series = figure.series.map(
    (one, i): DrawnSeries => ({
      ...one,
      ink: CATEGORY_INKS[(one.colour ?? i) % CATEGORY_INKS.length]!,
      again: (one.colour ?? i) >= CATEGORY_INKS.length,
      points: one.points.filter((point) => visible(figure.x, point.x) && visible(figure.y, point.y)),
    }),
  );
  const points = series.flatMap((one) => one.points);
  const x = domainOf(
    figure.x,
    points.map((point) => point.x),
    0,
  );
  const y = domainOf(
    figure.y,
    points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    0.04,
  );
  if (x === null || y === null) return null;
  const panels = [...new Set(series.flatMap(({ panel: title }) => (title === undefined ? [] : [title])))];
  const top = panels.length > 0 ? MARGIN.top + PANEL_TITLE : MARGIN.top;
  const keys = legend(
    grouped(series, (one) => one.label)
      .map((alike) => alike[0]!)
      .map(({ label, mark, ink, again }) => ({
        label,
        mark: again && mark === 'line' ? 'dotted' : LEGEND_MARKS[mark],
        ink,
      })),
    MARGIN.left,
  );
  const title = (axis: FigureAxis): string => (axis.scale === 'log' ? `${axis.label} (log scale)` : axis.label);
  return {
    name: figure.name,
    title: figure.title,
    description: figure.description,
    height: keys.height + HEIGHT,
    body:
      keys.body +
      panel(keys.height, {
        height: HEIGHT,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: top,
        marginBottom: MARGIN.bottom,
        ...(panels.length > 0 ? { fx: { domain: panels, label: null, padding: 0.08 } } : {}),
        x: { type: figure.x.scale, domain: [...x], label: null },
        y: { type: figure.y.scale, domain: [...y], label: null },
        marks: [...gridMarks(figure, x, y), ...series.flatMap((one) => seriesMarks(one, y))],
      }) +
      axisTitles({ x: title(figure.x), y: title(figure.y) }, { ...MARGIN, top: keys.height, height: HEIGHT }),
  };
}

function visible({ scale }: FigureAxis, value: number): boolean {
  return Number.isFinite(value) && (scale === 'linear' || value > 0);
}

/** @param room share of the range on either side; null if there is no value */
function domainOf({ scale }: FigureAxis, values: readonly number[], room: number): readonly [number, number] | null {
  if (scale === 'log') return logDomain(values, room === 0 ? 1.05 : 1.25);
  if (values.length === 0) return null;
  const [low, high] = values.reduce(([least, most], v) => [Math.min(least, v), Math.max(most, v)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as readonly [number, number]);
  const extra = high === low ? Math.max(1, Math.abs(high)) * 0.05 : room * (high - low);
  return [low - extra, high + extra];
}

function gridMarks(
  figure: DynamicsFigure,
  x: readonly [number, number],
  y: readonly [number, number],
): readonly Plot.Markish[] {
  const format = ({ scale }: FigureAxis) => (scale === 'log' ? formatPower : (value: number) => significant(value, 4));
  const grid = { stroke: GRID.light, strokeOpacity: 1 };
  const frame = Plot.frame({ stroke: GRID.light });
  const axis = (title: FigureAxis, domain: readonly [number, number], most: number) =>
    title.scale === 'log' ? { values: logTicks(domain, most) } : { ticks: most };
  const [alongX, alongY] = [axis(figure.x, x, 7), axis(figure.y, y, 6)];
  const values = (options: { readonly values?: readonly number[]; readonly ticks?: number }): Plot.AxisOptions =>
    options.values ? { ticks: [...options.values] } : { ticks: options.ticks ?? 6 };
  return [
    Plot.gridX({ ...values(alongX), ...grid }),
    Plot.gridY({ ...values(alongY), ...grid }),
    Plot.axisX({ ...values(alongX), tickFormat: format(figure.x), label: null }),
    Plot.axisY({ ...values(alongY), tickFormat: format(figure.y), label: null }),
    frame,
  ];
}

function seriesMarks(
  { mark, ink, again, points, panel: title }: DrawnSeries,
  [low, high]: readonly [number, number],
): readonly Plot.Markish[] {
  const measured = points.filter(
    (point): point is FigurePoint & { readonly low: number; readonly high: number } =>
      point.low !== undefined && point.high !== undefined,
  );
  const clamped = (value: number): number => Math.min(high, Math.max(low, value));
  const facet = title === undefined ? {} : { fx: () => title };
  const intervals = Plot.ruleX(measured, {
    ...facet,
    x: 'x',
    y1: (point: { readonly low: number }) => clamped(point.low),
    y2: (point: { readonly high: number }) => clamped(point.high),
    stroke: ink.light,
    strokeWidth: 1.2,
  });
  const line = Plot.line(thinLine(points, CHART_WIDTH / 2), {
    ...facet,
    x: 'x',
    y: 'y',
    stroke: ink.light,
    strokeWidth: 1.6,
    ...(mark === 'dash' ? { strokeDasharray: '5,3' } : again ? { strokeDasharray: '1.5,3' } : {}),
  });
  const dots = Plot.dot(points, { ...facet, x: 'x', y: 'y', fill: ink.light, r: mark === 'dot' ? 3.4 : 2.4 });
  if (mark === 'dot') return [intervals, dots];
  // Dots on a line only where there are few enough to tell measurements from a curve.
  return mark === 'line' && points.length <= 12 ? [intervals, line, dots] : [intervals, line];
}
