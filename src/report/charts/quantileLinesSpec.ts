/** Every quantile of one matrix over the steps, with the plateau of one of them and a mark at the step looked at. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { Plateau } from '../../stability/plateau.ts';
import { GRID, MUTED, QUANTILE_INKS, spreadInks, TEXT, WINDOW } from '../palette.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { chartName } from './chart.ts';
import type { ChartSpec } from './chartSpec.ts';

export interface QuantileLine {
  readonly quantile: number;
  readonly steps: readonly number[];
  readonly values: readonly number[];
  readonly plateau: Plateau;
}

export interface QuantileLines {
  /** Names the matrix. */
  readonly label: string;
  /** Ascending by quantile. */
  readonly lines: readonly QuantileLine[];
  /** Whose plateau is shaded. */
  readonly judged: number;
  /** null without a mark. */
  readonly step: number | null;
  /** Factor on every value, and what it is called: 1 and "σ", or sqrt(r) and "σ·√r". */
  readonly scale: { readonly factor: number; readonly symbol: string };
}

const HEIGHT = 300;

/** @returns null if there is no positive value to draw */
export function quantileLinesSpec({ label, lines, judged, step, scale }: QuantileLines): ChartSpec | null {
  const inks = spreadInks(QUANTILE_INKS, lines.length);
  const keyOf = (quantile: number): string => `q${quantile}`;
  const drawn = lines.map((line, i) => ({
    ...line,
    ink: inks[i]!,
    points: line.steps.map((x, k) => ({ x, y: line.values[k]! * scale.factor })).filter(({ y }) => y > 0),
  }));
  const domain = logDomain(drawn.flatMap(({ points }) => points.map(({ y }) => y)));
  if (domain === null) return null;
  const plateau = lines.find(({ quantile }) => quantile === judged)?.plateau;
  return {
    name: `quantiles-${chartName(label)}`,
    title: `Quantiles of ${label}`,
    description: `${lines.length} quantiles of the singular values over the steps, on a logarithmic scale. ${plateau?.reason ?? ''}`,
    axes: { x: 'step', y: `singular value ${scale.symbol} (log scale)` },
    keys: drawn.map(({ quantile, ink }) => ({ id: keyOf(quantile), label: `q = ${significant(quantile)}`, ink })),
    points: drawn.flatMap(({ quantile, points }) =>
      points.map(({ x, y }) => ({
        ...{ x, y, key: keyOf(quantile) },
        text: [`step ${x}`, `q = ${significant(quantile)}`, `${scale.symbol} = ${significant(y, 3)}`],
      })),
    ),
    table: {
      columns: ['quantile', 'step', scale.symbol],
      rows: (isShown) =>
        drawn
          .filter(({ quantile }) => isShown(keyOf(quantile)))
          .flatMap(({ quantile, points }) => points.map(({ x, y }) => [quantile, x, y])),
    },
    plot: (width, isShown) => ({
      ...{ width, height: HEIGHT, marginLeft: 52, marginRight: 12, marginTop: 10, marginBottom: 34 },
      x: { label: null },
      y: { type: 'log', domain: [...domain], label: null },
      marks: [
        ...(plateau ? [Plot.rectX([plateau.window], { x1: '0', x2: '1', fill: WINDOW.light })] : []),
        Plot.gridY(logTicks(domain), { stroke: GRID.light, strokeOpacity: 1 }),
        Plot.axisX({
          ticks: Math.min(8, Math.floor(width / 70)),
          tickFormat: (value: number) => formatCount(value),
          label: null,
        }),
        Plot.axisY(logTicks(domain), { tickFormat: formatPower, label: null }),
        ...(step === null ? [] : [Plot.ruleX([step], { stroke: MUTED.light, strokeDasharray: '4,3' })]),
        ...drawn
          .filter(({ quantile }) => isShown(keyOf(quantile)))
          .flatMap(({ points, ink, quantile }) => [
            Plot.line(points, { x: 'x', y: 'y', stroke: ink.light, strokeWidth: quantile === judged ? 2 : 1.3 }),
            ...(points.length === 1 ? [Plot.dot(points, { x: 'x', y: 'y', fill: ink.light, r: 3 })] : []),
          ]),
        ...(plateau?.value && plateau.verdict === 'settled'
          ? [
              Plot.line(
                plateau.window.map((x) => ({ x, y: plateau.value! * scale.factor })),
                { x: 'x', y: 'y', stroke: TEXT.light, strokeWidth: 1.6, strokeDasharray: '1.5,3' },
              ),
            ]
          : []),
      ],
    }),
  };
}
