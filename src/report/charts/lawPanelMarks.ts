/** What a panel of laws is drawn with: frame, band, fit, points, held-out prediction, baseline, exponent. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { HeldOut, Law, LawCurvePoint, LawPoint, PooledLaw } from '../../scaling/law.ts';
import { isSameCell } from '../cells.ts';
import { BASELINE, GRID, MUTED } from '../palette.ts';
import { decimals } from '../wording.ts';
import { formatPower, logTicks } from './axis.ts';
import { ANNOTATION } from './chart.ts';
import type { DrawnLaw, LawPanels } from './lawPanelsSpec.ts';

/** Pixels of a panel that an exponent with its word needs. */
const WORDED = 96;

/** The law itself, without its interval. */
export function fitAt({ fit, exponent }: Law, params: number): number {
  return Math.exp(fit.logValue - exponent * (Math.log(params) - fit.centre));
}

export function frameMarks({ domains, target, shows }: LawPanels, panelWidth: number): Plot.Markish[] {
  const ticks = shows === 'residuals' ? ratioTicks(domains.values) : logTicks(domains.values, 4);
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
    ...(target === null ? [] : [Plot.ruleX([target], { stroke: MUTED.light, strokeWidth: 0.75 })]),
    ...(shows === 'residuals' ? [Plot.ruleY([1], { stroke: MUTED.light })] : []),
  ];
}

/** 1 and the same few factors above and below it; the widest pair that fits. */
function ratioTicks([low, high]: readonly [number, number]): number[] {
  const factor = [10, 5, 2, 1.5, 1.2, 1.1, 1.05].find((one) => 1 / one >= low && one <= high) ?? 1.02;
  return [1 / factor, 1, factor];
}

/** Band, fit inside the ladder, dashed forecast beyond it, points, and the held-out prediction. */
export function lawMarks(
  drawn: DrawnLaw,
  { shows, domains }: LawPanels,
  isShown: (key: string) => boolean,
): Plot.Markish[] {
  const { law, stroke, curve } = drawn;
  const [low, high] = domains.values;
  const placed = (value: number, params: number): number =>
    Math.min(high, Math.max(low, shows === 'residuals' ? value / fitAt(law, params) : value));
  const at = { fx: () => law.depth, fy: () => law.role, x: 'params' };
  const largest = Math.max(...law.points.map(({ params }) => params));
  const line = { ...at, y: ({ value, params }: LawCurvePoint) => placed(value, params), stroke };
  const band = Plot.areaY(curve, {
    ...at,
    y1: (p: LawCurvePoint) => placed(p.low, p.params),
    y2: (p: LawCurvePoint) => placed(p.high, p.params),
    fill: stroke,
    fillOpacity: 0.13,
  });
  const inside = curve.filter(({ params }) => params <= largest);
  const beyond = curve.filter(({ params }) => params >= (inside.at(-1)?.params ?? 0));
  const fit = [
    Plot.line(inside, { ...line, strokeWidth: 1.4 }),
    Plot.line(beyond, { ...line, strokeWidth: 1.2, strokeDasharray: '5,3' }),
  ];
  const points = Plot.dot(law.points, {
    ...at,
    y: ({ value, params }: LawPoint) => placed(value, params),
    ...{ fill: stroke, r: 2.3 },
  });
  const held = Plot.dot(law.heldOut === null ? [] : [law.heldOut], {
    ...at,
    y: ({ predicted, params }: HeldOut) => placed(predicted, params),
    ...{ symbol: 'diamond', stroke, r: 3.8, strokeWidth: 1.4 },
  });
  return [
    ...(isShown('interval') ? [band] : []),
    ...(isShown('fit') ? fit : []),
    points,
    ...(isShown('held') ? [held] : []),
  ];
}

/** Through the centre of the law nearest the median, with the slope that the Frobenius norm alone gives. */
export function baselineMarks(drawn: readonly DrawnLaw[], { domains }: LawPanels): Plot.Markish[] {
  const [low, high] = domains.values;
  const quantiles = drawn.map(({ law }) => law.quantile);
  const middle = quantiles.reduce((best, q) => (Math.abs(q - 0.5) < Math.abs(best - 0.5) ? q : best), 0);
  return drawn.flatMap(({ law }) => {
    const { baselineExponent, fit } = law;
    if (baselineExponent === null || law.quantile !== middle) return [];
    const value = (params: number): number => fitAt({ ...law, exponent: baselineExponent }, params);
    const sizeAt = (sigma: number): number =>
      Math.exp(fit.centre + (fit.logValue - Math.log(sigma)) / baselineExponent);
    // to the edge of the frame: clip paths need names that are unique in a page
    const [first, last] = [sizeAt(high), sizeAt(low)].sort((a, b) => a - b) as [number, number];
    const ends = [Math.max(domains.params[0], first), Math.min(domains.params[1], last)];
    return [
      Plot.line(
        ends.map((params) => ({ params, value: value(params) })),
        {
          ...{ fx: () => law.depth, fy: () => law.role, x: 'params', y: 'value' },
          ...{ stroke: BASELINE.light, strokeWidth: 1.3, strokeDasharray: '1.5,3' },
        },
      ),
    ];
  });
}

/** The pooled exponent in the corner of its panel; the number alone where there is no room for the word. */
export function exponentLabels(
  pooled: readonly PooledLaw[],
  drawn: readonly DrawnLaw[],
  panelWidth: number,
): Plot.Markish[] {
  const shown = pooled.filter((cell) => drawn.some(({ law }) => isSameCell(law, cell)));
  const place = { frameAnchor: 'bottom-left', dx: 5, dy: -5 } as const;
  const word = panelWidth < WORDED ? '' : 'exponent ';
  const text = ({ exponent }: PooledLaw): string => `${word}${decimals(exponent)}`;
  return [Plot.text(shown, { fx: 'depth', fy: 'role', ...ANNOTATION, ...place, text })];
}
