/**
 * Power laws in log-log, a grid of roles by depths as in Figure 16 of arXiv:2606.04058, quantiles as colours.
 *
 * Values: points, fit, interval of the fit, forecast to a size, the largest size as the others predict it. Residuals: the
 * same over the fit, so that a good law is a flat line at 1.
 */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { Interval, Law, LawsDocument } from '../../scaling/law.ts';
import { chartDepths, depthLabel, quantileRank, roleLabel, rolesOf } from '../cells.ts';
import { GRID, MUTED, QUANTILE_INKS, TEXT } from '../palette.ts';
import { number, sigmaText } from '../wording.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { chartName } from './chart.ts';
import type { ChartSpec, SpecKey, SpecPoint } from './chartSpec.ts';

/** What is to be drawn. */
export interface LawPanels {
  /** Whose laws: "published", the study's name. */
  readonly label: string;
  readonly document: LawsDocument;
  /** What a law gives at a size, with its interval. */
  readonly forecast: (law: Law, params: number) => Interval;
  readonly quantiles: readonly number[];
  /** The forecast runs to this size. */
  readonly target: number;
  readonly shows: 'values' | 'residuals';
  /** Shared by charts that are compared; see {@link lawDomains}. */
  readonly domains: LawDomains;
}

export interface LawDomains {
  readonly params: readonly [number, number];
  readonly values: readonly [number, number];
}

type CurvePoint = Interval & { readonly params: number; readonly fit: number };

interface DrawnLaw {
  readonly law: Law;
  readonly key: string;
  readonly stroke: string;
  readonly points: readonly { readonly params: number; readonly value: number; readonly fit: number }[];
  readonly curve: readonly CurvePoint[];
  readonly forecast: CurvePoint;
  readonly held: { readonly params: number; readonly predicted: number; readonly actual: number } | null;
}

const PANEL_HEIGHT = 112;
const MARGIN = { left: 52, right: 92, top: 24, bottom: 30 };
const CURVE_POINTS = 24;
/** The interval of a far forecast may span many decades; the axis shows at most this factor below the lowest line. */
const ROOM = 2;

/** Domains that hold the points, held-out predictions and forecasts of all; null if nothing is positive. */
export function lawDomains(panels: readonly Omit<LawPanels, 'domains'>[]): LawDomains | null {
  const drawn = panels.flatMap(drawnLaws);
  const sizes = logDomain([
    ...panels.map(({ target }) => target),
    ...drawn.flatMap(({ law }) => law.points.map(({ params }) => params)),
  ]);
  const residuals = panels.some(({ shows }) => shows === 'residuals');
  const values = logDomain(
    drawn.flatMap(({ points, curve, held }) => [
      ...points.map(({ value, fit }) => (residuals ? value / fit : value)),
      ...(residuals ? [1] : curve.map(({ value }) => value)),
      ...(residuals && held ? [held.predicted / fitAt(curve, points, held.params)] : []),
    ]),
    residuals ? 1.15 : ROOM,
  );
  return sizes === null || values === null ? null : { params: sizes, values };
}

export function lawPanelsSpec(panels: LawPanels): ChartSpec {
  const { label, document, target, shows } = panels;
  const drawn = drawnLaws(panels);
  const [depths, roles] = [chartDepths(document.laws), rolesOf(document.laws)];
  const isRelative = shows === 'residuals';
  const value = isRelative ? 'value over fit' : 'settled σ';
  return {
    name: `laws-${chartName(label)}${isRelative ? '-residuals' : ''}`,
    title: `${isRelative ? 'Residuals' : 'Laws'}: ${label}`,
    description: `Small multiples of ${roles.length} roles by ${depths.length} depths, both axes logarithmic, forecast to ${formatCount(target)} parameters.`,
    axes: { x: sizeTitle(document), y: `${value} (log scale)` },
    keys: [...quantileKeys(drawn), ...MARK_KEYS],
    points: drawn.flatMap((law) => specPoints(law, isRelative)),
    table: {
      columns: ['laws', 'role', 'depth', 'quantile', 'what', 'params', 'value', 'low', 'high'],
      rows: (isShown) => drawn.filter(({ key }) => isShown(key)).flatMap((law) => tableRows(label, law, isShown)),
    },
    plot: (width, isShown) => ({
      ...{ width, height: MARGIN.top + MARGIN.bottom + PANEL_HEIGHT * roles.length },
      ...{ marginLeft: MARGIN.left, marginRight: MARGIN.right, marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
      fx: { domain: depths.map(facetOf), label: null, padding: 0.06 },
      fy: { domain: roles, tickFormat: roleLabel, label: null, padding: 0.06 },
      x: { type: 'log', domain: [...panels.domains.params], label: null },
      y: { type: 'log', domain: [...panels.domains.values], label: null },
      marks: [
        ...frameMarks(panels, width, depths.length),
        ...drawn.filter(({ key }) => isShown(key)).flatMap((law) => lawMarks(law, panels, isShown)),
      ],
    }),
  };
}

const MARK_KEYS: readonly SpecKey[] = [
  { id: 'fit', label: 'fit and forecast', ink: MUTED, mark: 'dashed' },
  { id: 'interval', label: '95 % interval', ink: GRID },
  { id: 'held', label: '◇ held-out size, as the others predict it', ink: MUTED },
];

function drawnLaws({ document, quantiles, target, forecast }: Omit<LawPanels, 'domains'>): DrawnLaw[] {
  const depths = chartDepths(document.laws);
  return document.laws
    .filter(({ depth, quantile }) => depths.includes(depth) && quantiles.includes(quantile))
    .map((law) => {
      const ends = [...law.points.map(({ params }) => params), target];
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      const grid = Array.from({ length: CURVE_POINTS }, (_, i) => from * (to / from) ** ((i + 1) / (CURVE_POINTS + 1)));
      const at = (params: number): CurvePoint => {
        const interval = forecast(law, params);
        return { params, fit: interval.value, ...interval };
      };
      return {
        law,
        key: `q${law.quantile}`,
        stroke: QUANTILE_INKS[quantileRank(law.quantile)]!.light,
        points: law.points.map(({ params, value }) => ({ params, value, fit: forecast(law, params).value })),
        curve: [...new Set([...grid, ...ends])].sort((a, b) => a - b).map(at),
        forecast: at(target),
        held: law.heldOut,
      };
    });
}

function fitAt(curve: DrawnLaw['curve'], points: DrawnLaw['points'], params: number): number {
  return (
    points.find((point) => point.params === params)?.fit ?? curve.find((point) => point.params >= params)?.fit ?? 1
  );
}

function frameMarks({ domains, target, shows }: LawPanels, width: number, columns: number): Plot.Markish[] {
  const ticks = shows === 'residuals' ? ratioTicks(domains.values) : logTicks(domains.values, 4);
  const panelWidth = (width - MARGIN.left - MARGIN.right) / columns;
  return [
    Plot.gridY(ticks, { stroke: GRID.light, strokeOpacity: 1 }),
    Plot.axisX(logTicks(domains.params, Math.max(1, Math.floor(panelWidth / 44))), {
      tickFormat: (value: number) => formatCount(value),
      label: null,
    }),
    Plot.axisY(ticks, {
      // as text: a log scale thins out what a tick format gives
      text: shows === 'residuals' ? (ratio: number) => significant(ratio) : formatPower,
      label: null,
    }),
    Plot.frame({ stroke: GRID.light }),
    Plot.ruleX([target], { stroke: MUTED.light, strokeWidth: 0.75 }),
    ...(shows === 'residuals' ? [Plot.ruleY([1], { stroke: MUTED.light })] : []),
  ];
}

/** 1 and the same few factors above and below it; the widest pair that fits. */
function ratioTicks([low, high]: readonly [number, number]): number[] {
  const factor = [10, 5, 2, 1.5, 1.2, 1.1, 1.05].find((one) => 1 / one >= low && one <= high) ?? 1.02;
  return [1 / factor, 1, factor];
}

/** Band, fit inside the ladder, dashed forecast beyond it, points, and the held-out prediction. */
function lawMarks(drawn: DrawnLaw, { shows, domains }: LawPanels, isShown: (key: string) => boolean): Plot.Markish[] {
  const { law, stroke, points, curve, held } = drawn;
  const [low, high] = domains.values;
  const over = (value: number, fit: number): number => (shows === 'residuals' ? value / fit : value);
  const within = (value: number): number => Math.min(high, Math.max(low, value));
  const at = { fx: () => facetOf(law.depth), fy: () => law.role, x: 'params' };
  const largest = Math.max(...points.map(({ params }) => params));
  const line = { ...at, y: ({ value, fit }: CurvePoint) => within(over(value, fit)), stroke };
  const band = Plot.areaY(curve, {
    ...at,
    y1: (p: CurvePoint) => within(over(p.low, p.fit)),
    y2: (p: CurvePoint) => within(over(p.high, p.fit)),
    fill: stroke,
    fillOpacity: 0.13,
  });
  const heldMark = Plot.dot(held === null ? [] : [held], {
    ...at,
    y: ({ predicted, params }) => within(over(predicted, fitAt(curve, points, params))),
    ...{ symbol: 'diamond', stroke, r: 3.8, strokeWidth: 1.4 },
  });
  return [
    ...(isShown('interval') ? [band] : []),
    ...(isShown('fit')
      ? [
          Plot.line(
            curve.filter(({ params }) => params <= largest),
            { ...line, strokeWidth: 1.4 },
          ),
          Plot.line(
            curve.filter(({ params }) => params >= largest),
            { ...line, strokeWidth: 1.2, strokeDasharray: '5,3' },
          ),
        ]
      : []),
    Plot.dot(points, { ...at, y: ({ value, fit }) => within(over(value, fit)), fill: stroke, r: 2.3 }),
    ...(isShown('held') ? [heldMark] : []),
  ];
}

function quantileKeys(drawn: readonly DrawnLaw[]): SpecKey[] {
  const quantiles = [...new Set(drawn.map(({ law }) => law.quantile))].sort((a, b) => a - b);
  return quantiles.map((q) => ({
    id: `q${q}`,
    label: `q = ${significant(q)}`,
    ink: QUANTILE_INKS[quantileRank(q)] ?? TEXT,
  }));
}

function specPoints({ law, key, points, curve, forecast, held }: DrawnLaw, isRelative: boolean): SpecPoint[] {
  const place = { key, fx: facetOf(law.depth), fy: law.role };
  const where = [`${law.role}, ${depthLabel(law.depth)}`, `q = ${significant(law.quantile)}`];
  const over = (value: number, fit: number): number => (isRelative ? value / fit : value);
  const measured = points.map(({ params, value, fit }) => ({
    ...place,
    x: params,
    y: over(value, fit),
    text: [
      ...where,
      `${formatCount(params)}: σ = ${number(value)}`,
      `fit ${number(fit)}, ratio ${number(value / fit)}`,
    ],
  }));
  const ahead = {
    ...place,
    x: forecast.params,
    y: over(forecast.value, forecast.fit),
    text: [...where, `forecast at ${formatCount(forecast.params)}`, sigmaText(forecast)],
  };
  const heldOut = held && {
    ...place,
    x: held.params,
    y: over(held.predicted, fitAt(curve, points, held.params)),
    text: [
      ...where,
      `${formatCount(held.params)} held out: predicted ${number(held.predicted)}`,
      `measured ${number(held.actual)}, ratio ${number(held.predicted / held.actual)}`,
    ],
  };
  return [...measured, ahead, ...(heldOut ? [heldOut] : [])];
}

function tableRows(
  label: string,
  { law, points, curve, held }: DrawnLaw,
  isShown: (key: string) => boolean,
): (string | number)[][] {
  const [hasFit, hasInterval] = [isShown('fit'), isShown('interval')];
  const row = (what: string, params: number, value: number | '', low: number | '' = '', high: number | '' = '') => [
    ...[label, law.role, law.depth, law.quantile, what],
    ...[params, value, low, high],
  ];
  return [
    ...points.map(({ params, value }) => row('measured', params, value)),
    ...(hasFit || hasInterval ? curve : []).map(({ params, value, low, high }) =>
      row('law', params, hasFit ? value : '', hasInterval ? low : '', hasInterval ? high : ''),
    ),
    ...(held && isShown('held') ? [row('held-out prediction', held.params, held.predicted)] : []),
  ];
}

/** Short: panels are narrow. */
function facetOf(depth: number): string {
  return significant(depth, 3);
}

function sizeTitle({ sizeConvention }: LawsDocument): string {
  const counted = sizeConvention === 'total' ? 'embeddings included' : 'without embeddings';
  return `parameters, ${counted} (log scale); columns are relative depths, 1 is the last layer`;
}
