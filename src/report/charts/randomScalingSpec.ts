/** Quantiles of random matrices against the smaller dimension, log-log, over Marchenko-Pastur. */
import * as Plot from '@observablehq/plot';
import { significant } from '../../base/numbers.ts';
import type { QuantileExponent, RandomSize, RandomSpectra } from '../../spectra/randomSpectra.ts';
import { chartQuantiles, quantileRank } from '../cells.ts';
import { BASELINE, GRID, type Ink, MUTED, QUANTILE_INKS } from '../palette.ts';
import { decimals, number } from '../wording.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import type { ChartSpec, SpecKey, SpecPoint } from './chartSpec.ts';

const HEIGHT = 380;
const MARGIN = { left: 52, right: 24, top: 12, bottom: 34 };
/** Sizes are marked on the axis where each has this many pixels, powers where not. */
const SIZE_TICK = 56;

/** One line of the chart. */
interface Series {
  readonly id: string;
  readonly name: string;
  readonly ink: Ink;
  readonly exponent: number;
  readonly points: readonly SizedValue[];
  /** By the limit law; empty where it says nothing. */
  readonly limit: readonly SizedValue[];
}

interface SizedValue {
  readonly rows: number;
  readonly value: number;
}

/** @returns null with fewer than two sizes */
export function randomScalingSpec({ sizes, exponents, smallestExponent }: RandomSpectra): ChartSpec | null {
  if (sizes.length < 2) return null;
  const quantiles = chartQuantiles(exponents.map(({ quantile }) => quantile));
  const charted = exponents.filter(({ quantile }) => quantiles.includes(quantile));
  const exact = charted.every((fit) => fit.exact !== null);
  const series = [
    ...charted.map((fit) => (exact ? exactSeries(sizes, fit) : recordSeries(sizes, fit))),
    ...(smallestExponent ? [smallestSeries(sizes, smallestExponent.exponent)] : []),
  ];
  const yDomain = logDomain(series.flatMap(({ points }) => points.map(({ value }) => value)));
  const rows = sizes.map((size) => size.rows);
  const xDomain = logDomain(rows, 1.15);
  if (yDomain === null || xDomain === null) return null;
  return {
    name: 'random-scaling',
    title: 'Singular values of random matrices against the smaller dimension',
    description: `${series.length} quantiles at ${sizes.length} sizes, both axes logarithmic, with the Marchenko-Pastur law; the numbers are exponents.`,
    axes: { x: 'smaller dimension r (log scale)', y: 'singular value σ of X / ‖X‖_F (log scale)' },
    keys: [
      ...series.map(({ id, name, exponent, ink }): SpecKey => {
        return { id, label: `${name}: ${decimals(exponent, 3)}`, mark: 'point', ink };
      }),
      { id: 'law', label: 'Marchenko-Pastur', mark: 'line', ink: MUTED },
    ],
    points: series.flatMap(seriesPoints),
    table: {
      columns: ['quantile', 'exponent', 'smaller dimension', 'sigma measured', 'sigma by Marchenko-Pastur'],
      rows: (isShown) =>
        series
          .filter(({ id }) => isShown(id))
          .flatMap(({ name, exponent, points, limit }) =>
            points.map(({ rows, value }, i) => {
              return [name, exponent, rows, value, isShown('law') ? (limit[i]?.value ?? '') : ''];
            }),
          ),
    },
    plot: (width, isShown) => ({
      ...{ width, height: HEIGHT, marginLeft: MARGIN.left, marginRight: MARGIN.right },
      ...{ marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
      x: { type: 'log', domain: xDomain, label: null },
      y: { type: 'log', domain: yDomain, label: null },
      marks: [
        Plot.gridY(logTicks(yDomain), { stroke: GRID.light, strokeOpacity: 1 }),
        Plot.axisX(rows.length * SIZE_TICK < width ? rows : logTicks(xDomain, 4), { tickFormat: String, label: null }),
        Plot.axisY(logTicks(yDomain), { tickFormat: formatPower, label: null }),
        Plot.frame({ stroke: GRID.light }),
        ...series.filter(({ id }) => isShown(id)).flatMap((one) => seriesMarks(one, isShown('law'))),
      ],
    }),
  };
}

/** At exactly q, where the law is as well; every fit has its exact part. */
function exactSeries(sizes: readonly RandomSize[], { quantile, exact }: QuantileExponent): Series {
  return quantileSeries(sizes, quantile, exact!.exponent, ({ exactValues }) => exactValues);
}

/** Of entries without a theory of finite matrices. */
function recordSeries(sizes: readonly RandomSize[], { quantile, exponent }: QuantileExponent): Series {
  return quantileSeries(sizes, quantile, exponent, ({ values }) => values);
}

function quantileSeries(
  sizes: readonly RandomSize[],
  quantile: number,
  exponent: number,
  measured: (size: RandomSize) => readonly (number | null)[],
): Series {
  const of = (values: (size: RandomSize) => readonly (number | null)[]): readonly SizedValue[] =>
    sizes.map((size) => ({ rows: size.rows, value: values(size)[size.quantiles.indexOf(quantile)]! }));
  return {
    id: `q${quantile}`,
    name: `q = ${significant(quantile)}`,
    ink: QUANTILE_INKS[quantileRank(quantile)]!,
    exponent,
    points: of(measured),
    limit: of(({ marchenkoPastur }) => marchenkoPastur),
  };
}

/** Without a line: the limit law says nothing of the smallest value of square matrices. */
function smallestSeries(sizes: readonly RandomSize[], exponent: number): Series {
  const points = sizes.map(({ rows, smallest }) => ({ rows, value: smallest }));
  return { id: 'smallest', name: 'smallest value', ink: BASELINE, exponent, points, limit: [] };
}

function seriesPoints({ id, name, points, limit }: Series): SpecPoint[] {
  return points.map(({ rows, value }, i) => ({
    ...{ x: rows, y: value, key: id },
    text: [name, `r = ${rows}: σ = ${number(value)}`, ...(limit[i] ? [`${number(limit[i].value)} by law`] : [])],
  }));
}

function seriesMarks({ ink, points, limit }: Series, withLaw: boolean): Plot.Markish[] {
  return [
    Plot.line(withLaw ? limit : [], { x: 'rows', y: 'value', stroke: ink.light, strokeWidth: 1.2 }),
    Plot.dot(points, { x: 'rows', y: 'value', fill: ink.light, r: 3 }),
  ];
}
