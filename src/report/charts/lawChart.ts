/** Power laws in log-log: points, fit with its interval, forecast to the target, 1/sqrt(r) baseline, held-out size. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { HeldOut, Law, LawsDocument } from '../../scaling/law.ts';
import {
  type Cell,
  chartDepths,
  chartQuantiles,
  depthLabel,
  isSameCell,
  quantileRank,
  roleLabel,
  rolesOf,
} from '../cells.ts';
import { BASELINE, GRID, MUTED, QUANTILE_INKS } from '../palette.ts';
import type { ForecastCurve } from '../reportData.ts';
import { decimals } from '../wording.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { ANNOTATION, axisTitles, type Chart, panel } from './chart.ts';
import { type LegendKey, legend } from './legend.ts';

const ROW_HEIGHT = 150;
const MARGIN = { left: 70, right: 96, top: 26, bottom: 50 };
/** The interval of a far forecast may span many decades; the axis shows at most this many below the lowest line. */
const ROOM = 2;

type CurvePoint = ForecastCurve['points'][number];

/**
 * @param target model size the forecast runs to; null to draw the ladder only
 * @returns null if there is no law to draw
 */
export function lawChart(
  document: LawsDocument,
  forecasts: readonly ForecastCurve[],
  target: number | null,
): Chart | null {
  const depths = chartDepths(document.laws);
  const quantiles = chartQuantiles(document.laws.map((law) => law.quantile));
  const laws = document.laws.filter((law) => depths.includes(law.depth) && quantiles.includes(law.quantile));
  const drawn = laws.map((law) => ({ law, curve: curveOf(law, forecasts) }));
  const yDomain = logDomain(
    drawn.flatMap(({ law, curve }) => [...law.points.map((p) => p.value), ...curve.map((p) => p.value)]),
    ROOM,
  );
  const sizes = drawn.flatMap(({ law, curve }) => [...law.points, ...curve].map((p) => p.params));
  const xDomain = logDomain(target === null ? sizes : [...sizes, target]);
  if (yDomain === null || xDomain === null) return null;
  const roles = rolesOf(laws);
  const height = MARGIN.top + MARGIN.bottom + ROW_HEIGHT * roles.length;
  const keys = legend(keysOf(quantiles, target), MARGIN.left);
  const marks = [
    ...frameMarks(xDomain, yDomain, target),
    ...drawn.flatMap(({ law, curve }) => lawMarks(law, curve, yDomain)),
    ...baselineMarks(laws, quantiles, xDomain, yDomain),
    ...exponentLabels(document, laws),
  ];
  return {
    name: 'laws',
    title: 'Settled singular values against model size',
    description: `Small multiples of ${roles.length} roles by ${depths.length} depths, both axes logarithmic.`,
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, {
        height,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        fx: { domain: depths.map(depthLabel), label: null, padding: 0.06 },
        fy: { domain: roles, tickFormat: roleLabel, label: null, padding: 0.04 },
        x: { type: 'log', domain: xDomain, label: null },
        y: { type: 'log', domain: yDomain, label: null },
        marks,
      }) +
      axisTitles(
        { x: sizeTitle(document), y: 'settled singular value σ of the normalised momentum (log scale)' },
        { ...MARGIN, top: keys.height, height },
      ),
  };
}

function sizeTitle(document: LawsDocument): string {
  return document.sizeConvention === 'total'
    ? 'parameters, embeddings included (log scale)'
    : 'parameters without embeddings (log scale)';
}

function curveOf(law: Law, forecasts: readonly ForecastCurve[]): readonly CurvePoint[] {
  return forecasts.find((curve) => isSameCell(curve, law) && curve.quantile === law.quantile)?.points ?? [];
}

function keysOf(quantiles: readonly number[], target: number | null): LegendKey[] {
  return [
    ...quantiles.map(
      (q): LegendKey => ({ label: `q = ${significant(q)}`, mark: 'point', ink: QUANTILE_INKS[quantileRank(q)]! }),
    ),
    { label: 'fit', mark: 'line', ink: MUTED },
    { label: target === null ? 'forecast' : `forecast to ${formatCount(target)}`, mark: 'dashed', ink: MUTED },
    { label: '95 % interval', mark: 'band', ink: MUTED },
    { label: 'largest size predicted from the others', mark: 'ring', ink: MUTED },
    { label: 'slope of 1/√r alone', mark: 'dotted', ink: BASELINE },
  ];
}

function frameMarks(
  xDomain: readonly [number, number],
  yDomain: readonly [number, number],
  target: number | null,
): Plot.Markish[] {
  return [
    Plot.gridY(logTicks(yDomain), { stroke: GRID.light, strokeOpacity: 1 }),
    Plot.axisX(logTicks(xDomain, 4), { tickFormat: (value: number) => formatCount(value), label: null }),
    Plot.axisY(logTicks(yDomain), { tickFormat: formatPower, label: null }),
    Plot.frame({ stroke: GRID.light }),
    ...(target === null ? [] : [Plot.ruleX([target], { stroke: MUTED.light, strokeWidth: 0.75 })]),
  ];
}

/** Band, fit inside the ladder, dashed forecast beyond it, points and the held-out prediction of one law. */
function lawMarks(law: Law, curve: readonly CurvePoint[], [low, high]: readonly [number, number]): Plot.Markish[] {
  const stroke = QUANTILE_INKS[quantileRank(law.quantile)]!.light;
  const at = { fx: () => depthLabel(law.depth), fy: () => law.role, x: 'params' };
  const largest = Math.max(...law.points.map((point) => point.params));
  const inside = curve.filter((point) => point.params <= largest);
  const beyond = curve.filter((point) => point.params >= (inside.at(-1)?.params ?? 0));
  const within = (value: number): number => Math.min(high, Math.max(low, value));
  const heldOut = law.heldOut === null ? [] : [law.heldOut];
  return [
    Plot.areaY(curve, {
      ...at,
      y1: (p: CurvePoint) => within(p.low),
      y2: (p: CurvePoint) => within(p.high),
      fill: stroke,
      fillOpacity: 0.1,
    }),
    Plot.line(inside, { ...at, y: 'value', stroke, strokeWidth: 1.3 }),
    Plot.line(beyond, { ...at, y: 'value', stroke, strokeWidth: 1.1, strokeDasharray: '5,3' }),
    Plot.dot(law.points, { ...at, y: 'value', fill: stroke, r: 2.2 }),
    Plot.dot(heldOut, {
      ...at,
      y: (h: HeldOut) => within(h.predicted),
      symbol: 'diamond',
      stroke,
      r: 3.6,
      strokeWidth: 1.3,
    }),
  ];
}

/** Through the centre of the law nearest the median, with the slope that the Frobenius norm alone gives. */
function baselineMarks(
  laws: readonly Law[],
  quantiles: readonly number[],
  sizes: readonly [number, number],
  [low, high]: readonly [number, number],
): Plot.Markish[] {
  const middle = quantiles.reduce((best, q) => (Math.abs(q - 0.5) < Math.abs(best - 0.5) ? q : best));
  return laws.flatMap((law) => {
    const exponent = law.baselineExponent;
    if (exponent === null || law.quantile !== middle) return [];
    const value = (params: number): number =>
      Math.exp(law.fit.logValue - exponent * (Math.log(params) - law.fit.centre));
    const ends = sizes
      .map((params) => ({ params, value: value(params) }))
      .filter((p) => p.value > low && p.value < high);
    return [
      Plot.line(ends, {
        fx: () => depthLabel(law.depth),
        fy: () => law.role,
        x: 'params',
        y: 'value',
        stroke: BASELINE.light,
        strokeWidth: 1.3,
        strokeDasharray: '1.5,3',
      }),
    ];
  });
}

/** The pooled exponent in the corner of its panel. */
function exponentLabels(document: LawsDocument, laws: readonly Cell[]): Plot.Markish[] {
  const pooled = document.pooled.filter((cell) => laws.some((law) => isSameCell(law, cell)));
  return [
    Plot.text(pooled, {
      fx: (cell: Cell) => depthLabel(cell.depth),
      fy: 'role',
      ...ANNOTATION,
      frameAnchor: 'bottom-left',
      dx: 5,
      dy: -5,
      text: (cell: (typeof pooled)[number]) => `exponent ${decimals(cell.exponent)}`,
    }),
  ];
}
