/** Lines and points over two axes, in panels where there are several: losses, responses, the figures of experiments. */
import * as Plot from '@observablehq/plot';
import { grouped } from '../../base/grouped.ts';
import { significant } from '../../base/numbers.ts';
import type { DynamicsFigure, FigureAxis, FigurePoint, FigureSeries } from '../../dynamics/experiment.ts';
import { CATEGORY_INKS, GRID, type Ink, MUTED } from '../palette.ts';
import { formatPower, logDomain, logTicks, thinLine } from './axis.ts';
import { chartName } from './chart.ts';
import { type ChartSpec, KEY_DASHES, type LineMark } from './chartSpec.ts';

/** A figure with what a page may ask for besides. */
export interface LinesFigure extends DynamicsFigure {
  /** Levels marked across, e.g. 1 for an output. */
  readonly levels?: readonly number[];
  /** Of the vertical axis where it should not follow the data. */
  readonly domain?: readonly [number, number];
  readonly height?: number;
}

const HEIGHT = 320;
const MARGINS = { marginLeft: 58, marginRight: 14, marginBottom: 34 };
const MOST_DOTS = 24;

const KEY_MARKS: Readonly<Record<FigureSeries['mark'], LineMark | 'point'>> = {
  line: 'line',
  dot: 'point',
  dash: 'dashed',
};

interface Drawn extends FigureSeries {
  readonly id: string;
  readonly ink: Ink;
  readonly drawnAs: LineMark | 'point';
}

/** @returns null if no point can be shown on the axes */
export function linesSpec(figure: LinesFigure): ChartSpec | null {
  const labels = [...new Set(figure.series.map(({ label }) => label))];
  const drawn = figure.series.map((one, i): Drawn => {
    const place = one.colour ?? (labels.length < figure.series.length ? labels.indexOf(one.label) : i);
    return {
      ...one,
      id: chartName(one.label),
      ink: CATEGORY_INKS[place % CATEGORY_INKS.length]!,
      drawnAs: place >= CATEGORY_INKS.length && one.mark === 'line' ? 'dotted' : KEY_MARKS[one.mark], // inks repeat
      points: one.points.filter((point) => isVisible(figure.x, point.x) && isVisible(figure.y, point.y)),
    };
  });
  const points = drawn.flatMap((one) => one.points);
  const x = domainOf(
    figure.x,
    points.map((point) => point.x),
  );
  const y =
    figure.domain ??
    domainOf(
      figure.y,
      points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    );
  if (x === null || y === null) return null;
  const panels = [...new Set(drawn.flatMap(({ panel }) => (panel === undefined ? [] : [panel])))];
  const named = (axis: FigureAxis): string => (axis.scale === 'log' ? `${axis.label} (log scale)` : axis.label);
  return {
    name: figure.name,
    title: figure.title,
    description: figure.description,
    axes: { x: named(figure.x), y: named(figure.y) },
    keys: grouped(drawn, ({ id }) => id).map(([one]) => ({
      id: one!.id,
      label: one!.label,
      ink: one!.ink,
      mark: one!.drawnAs,
    })),
    points: drawn.flatMap((one) =>
      one.points.map((point) => ({
        ...{ x: point.x, y: point.y, key: one.id },
        ...(one.panel === undefined ? {} : { fx: one.panel }),
        text: [one.label, ...textOf(figure, point)],
      })),
    ),
    table: {
      columns: ['series', 'panel', figure.x.label, figure.y.label, 'low', 'high'],
      rows: (isShown) =>
        drawn
          .filter(({ id }) => isShown(id))
          .flatMap((one) => one.points.map((p) => [one.label, one.panel ?? '', p.x, p.y, p.low ?? '', p.high ?? ''])),
    },
    plot: (width, isShown) => ({
      ...{ width, height: figure.height ?? HEIGHT, ...MARGINS, marginTop: panels.length > 0 ? 28 : 10 },
      x: { type: figure.x.scale, domain: [...x], label: null },
      y: { type: figure.y.scale, domain: [...y], label: null },
      ...(panels.length > 0 ? { fx: { domain: panels, label: null, padding: 0.08 } } : {}),
      marks: [
        ...axisMarks(figure, { x, y }, width / Math.max(1, panels.length)),
        ...(figure.levels ?? []).map((level) => Plot.ruleY([level], { stroke: MUTED.light, strokeDasharray: '2,3' })),
        ...drawn.filter(({ id }) => isShown(id)).flatMap((one) => seriesMarks(thinned(one, figure.x, width), y)),
      ],
    }),
  };
}

function textOf(figure: LinesFigure, { x, y, low, high }: FigurePoint): readonly string[] {
  const interval = low === undefined || high === undefined ? '' : ` [${significant(low)}, ${significant(high)}]`;
  return [`${figure.x.label} ${significant(x, 4)}`, `${figure.y.label} ${significant(y, 4)}${interval}`];
}

function isVisible({ scale }: FigureAxis, value: number): boolean {
  return Number.isFinite(value) && (scale === 'linear' || value > 0);
}

function domainOf({ scale }: FigureAxis, values: readonly number[]): readonly [number, number] | null {
  if (values.length === 0) return null;
  if (scale === 'log') return logDomain(values, 1.1);
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)] as const,
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const,
  );
  const room = high === low ? Math.max(1, Math.abs(high)) * 0.05 : 0.03 * (high - low);
  return [low - room, high + room];
}

function axisMarks(
  figure: LinesFigure,
  domains: { readonly x: readonly [number, number]; readonly y: readonly [number, number] },
  width: number,
): readonly Plot.Markish[] {
  const ticksOf = (axis: FigureAxis, domain: readonly [number, number], most: number): Plot.AxisOptions =>
    axis.scale === 'log' ? { ticks: logTicks(domain, most) } : { ticks: most };
  const format = ({ scale }: FigureAxis) => (scale === 'log' ? formatPower : (value: number) => significant(value, 4));
  const alongX = ticksOf(figure.x, domains.x, Math.max(2, Math.min(8, Math.floor(width / 80))));
  const alongY = ticksOf(figure.y, domains.y, 6);
  return [
    Plot.gridX({ ...alongX, stroke: GRID.light, strokeOpacity: 1 }),
    Plot.gridY({ ...alongY, stroke: GRID.light, strokeOpacity: 1 }),
    Plot.axisX({ ...alongX, tickFormat: format(figure.x), label: null }),
    Plot.axisY({ ...alongY, tickFormat: format(figure.y), label: null }),
  ];
}

/** A line as pixels can show it, thinned where they are: in the logarithm on a logarithmic axis. */
function thinned(one: Drawn, { scale }: FigureAxis, width: number): Drawn {
  if (one.mark === 'dot') return one;
  const placed = one.points.map((point) => ({ x: scale === 'log' ? Math.log(point.x) : point.x, y: point.y, point }));
  return { ...one, points: thinLine(placed, width / 2).map(({ point }) => point) };
}

function seriesMarks(
  { mark, ink, drawnAs, points, panel }: Drawn,
  [low, high]: readonly [number, number],
): readonly Plot.Markish[] {
  const facet = panel === undefined ? {} : { fx: () => panel };
  const clamped = (value: number): number => Math.min(high, Math.max(low, value));
  const measured = points.filter((point) => point.low !== undefined && point.high !== undefined);
  const intervals = Plot.ruleX(measured, {
    ...facet,
    x: 'x',
    y1: (point: FigurePoint) => clamped(point.low ?? point.y),
    y2: (point: FigurePoint) => clamped(point.high ?? point.y),
    stroke: ink.light,
    strokeWidth: 1.2,
  });
  const dots = Plot.dot(points, { ...facet, x: 'x', y: 'y', fill: ink.light, r: 2.6, clip: true });
  if (drawnAs === 'point') return [intervals, dots];
  const line = Plot.line(points, {
    ...facet,
    ...{ x: 'x', y: 'y', stroke: ink.light, strokeWidth: 1.7, clip: true },
    strokeDasharray: KEY_DASHES[drawnAs],
  });
  return points.length <= MOST_DOTS && mark === 'line' ? [intervals, line, dots] : [intervals, line];
}
