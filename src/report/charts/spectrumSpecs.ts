/**
 * The spectrum of one matrix at one step, as its record holds it: quantiles, the largest and the smallest value.
 *
 * Two drawings: values in order (the share of values above, against the value) and the share of values a decade of the
 * value, piecewise constant between neighbouring quantiles. Over them lie the Marchenko-Pastur law of the matrix's shape and
 * the response of a schedule.
 */
import * as Plot from '@observablehq/plot';
import { significant } from '../../base/numbers.ts';
import { BASELINE, CATEGORY_INKS, GRID, QUANTILE_INKS } from '../palette.ts';
import { formatPower, type LinePoint, logDomain, logTicks, thinLine } from './axis.ts';
import { chartName } from './chart.ts';
import type { ChartSpec, SpecKey } from './chartSpec.ts';

/** A value that a share of all values is at or above. */
export interface ShareAbove {
  readonly share: number;
  readonly sigma: number;
}

export interface SpectrumPicture {
  readonly label: string;
  readonly step: number;
  /** Shares ascend, values descend. */
  readonly measured: readonly ShareAbove[];
  readonly marchenkoPastur: readonly ShareAbove[];
  /** What a schedule makes of each value; null without one. */
  readonly response: {
    readonly name: string;
    readonly points: readonly { readonly sigma: number; readonly output: number }[];
  } | null;
  readonly scale: { readonly factor: number; readonly symbol: string };
  /** Of the value's axis; the same at every step, so that scrubbing does not jump. */
  readonly domain: readonly [number, number];
}

const HEIGHT = 270;
const MEASURED: SpecKey = { id: 'measured', label: 'measured', ink: QUANTILE_INKS[1]! };
const LAW: SpecKey = { id: 'law', label: 'Marchenko-Pastur', ink: BASELINE, mark: 'dashed' };
const MARGINS = { height: HEIGHT, marginLeft: 52, marginRight: 12, marginTop: 10, marginBottom: 34 };

/** Values in order, and the response over the same axis. */
export function sortedSpectrumSpec({
  label,
  step,
  measured,
  marchenkoPastur,
  response,
  scale,
  domain,
}: SpectrumPicture): ChartSpec {
  const keys = keysOf(response);
  const lines = [
    { key: MEASURED, points: scaled(measured, scale.factor) },
    { key: LAW, points: scaled(marchenkoPastur, scale.factor) },
  ];
  const outputs = response?.points.map(({ sigma, output }) => ({ x: sigma * scale.factor, y: output })) ?? [];
  const ticks = logTicks(domain);
  return {
    name: `spectrum-${chartName(label)}`,
    title: `Sorted singular values of ${label} at step ${step}`,
    description:
      'The share of singular values at or above a value, with the Marchenko-Pastur law and the response of a schedule.',
    axes: {
      x: `singular value ${scale.symbol} (log scale)`,
      y: response === null ? 'share at or above' : 'share at or above; output',
    },
    keys,
    points: [
      ...lines.flatMap(({ key, points }) =>
        points.map(({ x, y }) => ({
          ...{ x, y, key: key.id },
          text: [key.label, `${scale.symbol} = ${significant(x, 3)}`, `share at or above ${significant(y, 3)}`],
        })),
      ),
      ...outputs.map(({ x, y }) => ({
        ...{ x, y, key: 'response' },
        text: [response?.name ?? '', `${scale.symbol} = ${significant(x, 3)}`, `output ${significant(y, 3)}`],
      })),
    ],
    table: {
      columns: ['curve', scale.symbol, 'share at or above, or output'],
      rows: (isShown) => [
        ...lines
          .filter(({ key }) => isShown(key.id))
          .flatMap(({ key, points }) => points.map(({ x, y }) => [key.label, x, y])),
        ...(isShown('response') ? outputs.map(({ x, y }) => [response?.name ?? '', x, y]) : []),
      ],
    },
    plot: (width, isShown) => ({
      ...{ ...MARGINS, width },
      x: { type: 'log', domain: [...domain], label: null },
      y: { domain: [0, Math.max(1.05, ...outputs.map(({ y }) => y))], label: null },
      marks: [
        Plot.gridX(ticks, { stroke: GRID.light, strokeOpacity: 1 }),
        Plot.axisX(ticks, { tickFormat: formatPower, label: null }),
        Plot.axisY({ ticks: 5, tickFormat: (value: number) => significant(value), label: null }),
        ...lines
          .filter(({ key }) => isShown(key.id))
          .flatMap(({ key, points }) => [
            Plot.line(inside(points, domain), {
              x: 'x',
              y: 'y',
              stroke: key.ink.light,
              strokeWidth: key === LAW ? 1.4 : 2,
              strokeDasharray: key.mark === 'dashed' ? '5,3' : 'none',
            }),
            ...(key === MEASURED
              ? [Plot.dot(inside(points, domain), { x: 'x', y: 'y', fill: key.ink.light, r: 2.6 })]
              : []),
          ]),
        ...(isShown('response') ? [responseLine(inside(outputs, domain), width)] : []),
      ],
    }),
  };
}

/** The share of values a decade between neighbouring quantiles. */
export function spectrumDensitySpec({
  label,
  step,
  measured,
  marchenkoPastur,
  response,
  scale,
  domain,
}: SpectrumPicture): ChartSpec {
  const bins = density(scaled(measured, scale.factor));
  const law = densityCurve(scaled(marchenkoPastur, scale.factor));
  const ticks = logTicks(domain);
  const outputs = response?.points.map(({ sigma, output }) => ({ x: sigma * scale.factor, y: output })) ?? [];
  const top = Math.max(0.5, ...outputs.map(({ y }) => y), ...bins.map(({ y }) => y), ...law.map(({ y }) => y));
  return {
    name: `histogram-${chartName(label)}`,
    title: `Log histogram of ${label} at step ${step}`,
    description:
      'The share of singular values a decade, between the quantiles that the record holds, with the Marchenko-Pastur law and the response of a schedule.',
    axes: {
      x: `singular value ${scale.symbol} (log scale)`,
      y: response === null ? 'share of values a decade' : 'share of values a decade; output',
    },
    keys: keysOf(response),
    points: [
      ...bins.map(({ x1, x2, y }) => ({
        ...{ x: Math.sqrt(x1 * x2), y, key: 'measured' },
        text: [
          `${scale.symbol} ${significant(x1, 3)} to ${significant(x2, 3)}`,
          `${significant(y, 3)} of all values a decade`,
        ],
      })),
      ...law.map(({ x, y }) => ({
        ...{ x, y, key: 'law' },
        text: [LAW.label, `${scale.symbol} = ${significant(x, 3)}`, significant(y, 3)],
      })),
      ...outputs.map(({ x, y }) => ({
        ...{ x, y, key: 'response' },
        text: [response?.name ?? '', `${scale.symbol} = ${significant(x, 3)}`, `output ${significant(y, 3)}`],
      })),
    ],
    table: {
      columns: ['curve', `${scale.symbol} from`, `${scale.symbol} to`, 'share a decade, or output'],
      rows: (isShown) => [
        ...(isShown(MEASURED.id) ? bins.map(({ x1, x2, y }) => [MEASURED.label, x1, x2, y]) : []),
        ...(isShown(LAW.id) ? law.map(({ x, y }) => [LAW.label, x, x, y]) : []),
        ...(isShown('response') ? outputs.map(({ x, y }) => [response?.name ?? '', x, x, y]) : []),
      ],
    },
    plot: (width, isShown) => ({
      ...{ ...MARGINS, width },
      x: { type: 'log', domain: [...domain], label: null },
      y: { domain: [0, top * 1.05], label: null },
      marks: [
        Plot.gridX(ticks, { stroke: GRID.light, strokeOpacity: 1 }),
        Plot.axisX(ticks, { tickFormat: formatPower, label: null }),
        Plot.axisY({ ticks: 5, tickFormat: (value: number) => significant(value), label: null }),
        ...(isShown('measured')
          ? [
              Plot.rect(
                bins.filter(({ x1 }) => x1 >= domain[0]),
                { x1: 'x1', x2: 'x2', y1: 0, y2: 'y', fill: MEASURED.ink.light, fillOpacity: 0.55, inset: 0.5 },
              ),
            ]
          : []),
        ...(isShown('law')
          ? [
              Plot.line(inside(law, domain), {
                x: 'x',
                y: 'y',
                stroke: LAW.ink.light,
                strokeWidth: 1.6,
                strokeDasharray: '5,3',
              }),
            ]
          : []),
        ...(isShown('response') ? [responseLine(inside(outputs, domain), width)] : []),
      ],
    }),
  };
}

function keysOf(response: SpectrumPicture['response']): readonly SpecKey[] {
  if (response === null) return [MEASURED, LAW];
  return [MEASURED, LAW, { id: 'response', label: response.name, ink: CATEGORY_INKS[1]! }];
}

function responseLine(outputs: readonly LinePoint[], width: number): Plot.Markish {
  const placed = outputs.map(({ x, y }) => ({ x: Math.log(x), y }));
  const drawn = thinLine(placed, width / 2).map(({ x, y }) => ({ x: Math.exp(x), y }));
  return Plot.line(drawn, { x: 'x', y: 'y', stroke: CATEGORY_INKS[1]!.light, strokeWidth: 1.6 });
}

/** The axis that holds every value of some spectra. */
export function spectrumDomain(values: Iterable<number>): readonly [number, number] {
  return logDomain(values, 1.3) ?? [1e-3, 1];
}

function scaled(shares: readonly ShareAbove[], factor: number): { readonly x: number; readonly y: number }[] {
  return shares.filter(({ sigma }) => sigma > 0).map(({ sigma, share }) => ({ x: sigma * factor, y: share }));
}

function inside<T extends { readonly x: number }>(points: readonly T[], [low, high]: readonly [number, number]): T[] {
  return points.filter(({ x }) => x >= low && x <= high);
}

/** Through the middles of the bins; a curve that begins at share 0 comes down to 0 at its edge. */
function densityCurve(points: readonly LinePoint[]): readonly LinePoint[] {
  const middles = density(points).map(({ x1, x2, y }) => ({ x: Math.sqrt(x1 * x2), y }));
  const edge = points[0];
  return edge?.y === 0 ? [edge, ...middles] : middles;
}

/** @param points share descends the value: y grows as x falls */
function density(
  points: readonly { readonly x: number; readonly y: number }[],
): { readonly x1: number; readonly x2: number; readonly y: number }[] {
  return points.slice(1).flatMap((lower, i) => {
    const upper = points[i]!;
    const decades = Math.log10(upper.x / lower.x);
    return decades > 1e-6 ? [{ x1: lower.x, x2: upper.x, y: (lower.y - upper.y) / decades }] : [];
  });
}
