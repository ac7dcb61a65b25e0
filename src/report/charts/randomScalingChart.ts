/** Quantiles of random matrices against the smaller dimension, log-log, over Marchenko-Pastur. */
import * as Plot from '@observablehq/plot';
import { significant } from '../../base/numbers.ts';
import type { QuantileExponent, RandomSize, RandomSpectra } from '../../spectra/randomSpectra.ts';
import { chartQuantiles, quantileRank } from '../cells.ts';
import { BASELINE, GRID, MUTED, QUANTILE_INKS, TEXT } from '../palette.ts';
import { decimals } from '../wording.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { ANNOTATION, axisTitles, type Chart, panel } from './chart.ts';
import { type LegendKey, legend } from './legend.ts';
import { spreadApart } from './lossChart.ts';

const HEIGHT = 380;
const MARGIN = { left: 70, right: 130, top: 12, bottom: 50 };
const LABEL_GAP = 15;

/** One line of the chart. */
interface Series {
  readonly label: string;
  readonly ink: string;
  readonly exponent: number;
  readonly points: readonly { readonly rows: number; readonly value: number }[];
  readonly limit: readonly { readonly rows: number; readonly value: number }[];
}

/** @returns null with fewer than two sizes */
export function randomScalingChart({ sizes, exponents, smallestExponent }: RandomSpectra): Chart | null {
  if (sizes.length < 2) return null;
  const quantiles = chartQuantiles(exponents.map(({ quantile }) => quantile));
  const charted = exponents.filter(({ quantile }) => quantiles.includes(quantile));
  const exact = charted.every((fit) => fit.exact !== null);
  const series = [
    ...charted.map((fit) => (exact ? exactSeries(sizes, fit) : recordSeries(sizes, fit))),
    ...(smallestExponent ? [smallestSeries(sizes, smallestExponent.exponent)] : []),
  ];
  const yDomain = logDomain(series.flatMap(({ points }) => points.map(({ value }) => value)));
  const xDomain = logDomain(
    sizes.map(({ rows }) => rows),
    1.15,
  );
  if (yDomain === null || xDomain === null) return null;
  const keys = legend(keysOf(quantiles, smallestExponent !== null), MARGIN.left);
  return {
    name: 'random-scaling',
    title: 'Singular values of random matrices against the smaller dimension',
    description: `${series.length} quantiles at ${sizes.length} sizes, both axes logarithmic, with the Marchenko-Pastur law.`,
    height: keys.height + HEIGHT,
    body:
      keys.body +
      panel(keys.height, {
        height: HEIGHT,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        x: { type: 'log', domain: xDomain, label: null },
        y: { type: 'log', domain: yDomain, label: null },
        marks: [
          Plot.gridY(logTicks(yDomain), { stroke: GRID.light, strokeOpacity: 1 }),
          Plot.axisX(
            sizes.map(({ rows }) => rows),
            { tickFormat: String, label: null },
          ),
          Plot.axisY(logTicks(yDomain), { tickFormat: formatPower, label: null }),
          Plot.frame({ stroke: GRID.light }),
          ...series.flatMap(seriesMarks),
          endLabels(series, yDomain),
        ],
      }) +
      axisTitles(
        { x: 'smaller dimension r (log scale)', y: 'singular value σ of X / ‖X‖_F (log scale)' },
        { ...MARGIN, top: keys.height, height: HEIGHT },
      ),
  };
}

function keysOf(quantiles: readonly number[], smallest: boolean): LegendKey[] {
  return [
    ...quantiles.map(
      (q): LegendKey => ({ label: `q = ${significant(q)}`, mark: 'point', ink: QUANTILE_INKS[quantileRank(q)]! }),
    ),
    ...(smallest ? [{ label: 'smallest value', mark: 'point', ink: BASELINE } as const] : []),
    { label: 'Marchenko-Pastur', mark: 'line', ink: MUTED },
  ];
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
  const of = (values: (size: RandomSize) => readonly (number | null)[]): Series['points'] =>
    sizes.map((size) => ({ rows: size.rows, value: values(size)[size.quantiles.indexOf(quantile)]! }));
  return {
    label: `q = ${significant(quantile)}: ${decimals(exponent, 3)}`,
    ink: QUANTILE_INKS[quantileRank(quantile)]!.light,
    exponent,
    points: of(measured),
    limit: of(({ marchenkoPastur }) => marchenkoPastur),
  };
}

/** Without a line: the limit law says nothing of the smallest value of square matrices. */
function smallestSeries(sizes: readonly RandomSize[], exponent: number): Series {
  const points = sizes.map(({ rows, smallest }) => ({ rows, value: smallest }));
  return { label: `smallest: ${decimals(exponent, 3)}`, ink: BASELINE.light, exponent, points, limit: [] };
}

function seriesMarks({ ink, points, limit }: Series): Plot.Markish[] {
  return [
    Plot.line(limit, { x: 'rows', y: 'value', stroke: ink, strokeWidth: 1.2 }),
    Plot.dot(points, { x: 'rows', y: 'value', fill: ink, r: 3 }),
  ];
}

/** The exponent at the end of each line, pushed apart where ends are closer than a line of text. */
function endLabels(series: readonly Series[], [low, high]: readonly [number, number]): Plot.Markish {
  const pixels = HEIGHT - MARGIN.top - MARGIN.bottom;
  const scale = Math.log(high / low) / pixels;
  const ends = series
    .map((line) => ({ ...line, at: Math.log(high / line.points.at(-1)!.value) / scale }))
    .sort((a, b) => a.at - b.at);
  const places = spreadApart(
    ends.map(({ at }) => at),
    LABEL_GAP,
    pixels,
  );
  return Plot.text(
    ends.map((end, i) => ({ ...end, y: high * Math.exp(-places[i]! * scale) })),
    { ...ANNOTATION, y: 'y', frameAnchor: 'right', textAnchor: 'start', dx: 8, text: 'label', fill: TEXT.light },
  );
}
