/** Normalised singular values of the smallest and the largest random matrices, and where a schedule begins to lose them. */
import * as Plot from '@observablehq/plot';
import { formatShare } from '../../base/numbers.ts';
import type { RandomHistogram, RandomSpectra } from '../../spectra/randomSpectra.ts';
import { CATEGORY_INKS, GRID, type Ink, SIZE_INKS, spreadInks, TEXT } from '../palette.ts';
import { decimals, number } from '../wording.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { ANNOTATION } from './chart.ts';
import type { ChartSpec, SpecKey, SpecPoint } from './chartSpec.ts';

const HEIGHT = 320;
const MARGIN = { left: 52, right: 24, top: 58, bottom: 34 };
/** Bins that hold less than this share of the directions widen the axis for nothing one could see. */
const VISIBLE = 2e-4;
const LABEL_ROW = 15;
const LABEL_ROWS = 3;
/** Names of schedules stand over their thresholds in charts at least this wide; read off in narrower ones. */
const NAMED = 560;
const THRESHOLD_INK = CATEGORY_INKS[1]!;

interface Bin {
  readonly from: number;
  readonly to: number;
  readonly middle: number;
  readonly share: number;
  readonly expected: number;
}

interface DrawnSize {
  readonly label: string;
  readonly ink: Ink;
  readonly bins: readonly Bin[];
}

interface Threshold {
  readonly schedule: string;
  readonly threshold: number;
}

/** @returns null if there is no histogram */
export function randomSpectrumSpec({ histograms, widths, level }: RandomSpectra): ChartSpec | null {
  const before = histograms.filter(({ schedule }) => schedule === null);
  const inks = spreadInks(SIZE_INKS, before.length);
  const sizes = before.map(
    (histogram, i): DrawnSize => ({
      label: `${histogram.rows} × ${histogram.columns}`,
      ink: inks[i]!,
      bins: binsOf(histogram),
    }),
  );
  const after = new Set(histograms.map(({ schedule }) => schedule));
  const thresholds = widths
    .flatMap(({ schedule, threshold }) => (after.has(schedule) && threshold !== null ? [{ schedule, threshold }] : []))
    .sort((a, b) => a.threshold - b.threshold);
  const ends = sizes.flatMap(({ bins }) => bins.flatMap(({ from, to }) => [from, to]));
  const domain = logDomain([...ends, ...thresholds.map(({ threshold }) => threshold)], 1.1);
  if (domain === null) return null;
  const top = Math.max(...sizes.flatMap(({ bins }) => bins.flatMap(({ share, expected }) => [share, expected])));
  return {
    name: 'random-spectrum',
    title: 'Singular values of random matrices before Newton-Schulz',
    description: `Histograms of ${before.length} sizes on a logarithmic axis, with the Marchenko-Pastur law and the thresholds of ${thresholds.length} schedules.`,
    axes: {
      x: 'singular value σ of X / ‖X‖_F (log scale, 20 bins a decade)',
      y: 'share of directions in a bin',
    },
    keys: keysOf(sizes, level),
    points: [
      ...sizes.flatMap(binPoints),
      ...thresholds.map(({ schedule, threshold }) => ({
        ...{ x: threshold, y: top, key: 'thresholds' },
        text: [schedule, `output reaches ${number(level)} from σ = ${number(threshold)} on`],
      })),
    ],
    table: {
      columns: ['size or schedule', 'sigma from', 'sigma to', 'share measured', 'share by Marchenko-Pastur'],
      rows: (isShown) => [
        ...sizes
          .filter(({ label }) => isShown(label))
          .flatMap(({ label, bins }) =>
            bins.map(({ from, to, share, expected }) => [label, from, to, share, isShown('law') ? expected : '']),
          ),
        ...(isShown('thresholds') ? thresholds : []).map(({ schedule, threshold }) => [
          schedule,
          threshold,
          '',
          '',
          '',
        ]),
      ],
    },
    plot: (width, isShown) => ({
      ...{ width, height: HEIGHT, marginLeft: MARGIN.left, marginRight: MARGIN.right, marginBottom: MARGIN.bottom },
      marginTop: width < NAMED ? 12 : MARGIN.top,
      x: { type: 'log', domain, label: null },
      y: { domain: [0, top * 1.06], label: null },
      marks: [
        Plot.gridX(logTicks(domain, 8), { stroke: GRID.light, strokeOpacity: 1 }),
        Plot.axisX(logTicks(domain, Math.max(2, Math.min(8, Math.floor(width / 90)))), {
          tickFormat: formatPower,
          label: null,
        }),
        Plot.axisY({ ticks: 5, tickFormat: (share: number) => `${decimals(100 * share, 0)} %`, label: null }),
        Plot.frame({ stroke: GRID.light }),
        ...sizes.filter(({ label }) => isShown(label)).flatMap((size) => sizeMarks(size, isShown('law'))),
        ...(isShown('thresholds') ? thresholdMarks(thresholds, width >= NAMED) : []),
      ],
    }),
  };
}

function keysOf(sizes: readonly DrawnSize[], level: number): SpecKey[] {
  return [
    ...sizes.map(({ label, ink }): SpecKey => ({ id: label, label, mark: 'band', ink })),
    { id: 'law', label: 'Marchenko-Pastur', mark: 'line', ink: TEXT },
    { id: 'thresholds', label: `output reaches ${number(level)} after`, mark: 'dashed', ink: THRESHOLD_INK },
  ];
}

/** From the first that can be seen on. */
function binsOf({ edges, shares, expected }: RandomHistogram): Bin[] {
  const first = shares.findIndex((share) => share > VISIBLE);
  return shares.flatMap((share, i) => {
    const [from, to] = [edges[i]!, edges[i + 1]!];
    return i < first ? [] : [{ from, to, middle: Math.sqrt(from * to), share, expected: expected[i]! }];
  });
}

function binPoints({ label, bins }: DrawnSize): SpecPoint[] {
  return bins.map(({ from, to, middle, share, expected }) => ({
    ...{ x: middle, y: share, key: label },
    text: [
      `${label}, σ from ${number(from)} to ${number(to)}`,
      `${formatShare(share)} of the directions, ${formatShare(expected)} by law`,
    ],
  }));
}

function sizeMarks({ ink, bins }: DrawnSize, withLaw: boolean): Plot.Markish[] {
  const bar = { x1: 'from', x2: 'to', y: 'share', fill: ink.light, fillOpacity: 0.35, insetLeft: 0.5 };
  const law = Plot.line(bins, { x: 'middle', y: 'expected', stroke: ink.light, strokeWidth: 1.4 });
  return [Plot.rectY(bins, bar), ...(withLaw ? [law] : [])];
}

/** A rule where the output first reaches the level, its name in a row of its own above the frame. */
function thresholdMarks(thresholds: readonly Threshold[], named: boolean): Plot.Markish[] {
  const stroke = THRESHOLD_INK.light;
  return thresholds.flatMap(({ schedule, threshold }, i) => [
    Plot.ruleX([threshold], { stroke, strokeWidth: 1.2, strokeDasharray: '5,3' }),
    Plot.text(named ? [threshold] : [], {
      ...ANNOTATION,
      x: (sigma: number) => sigma,
      frameAnchor: 'top',
      dy: -12 - LABEL_ROW * (i % LABEL_ROWS),
      fill: TEXT.light,
      text: () => schedule,
    }),
  ]);
}
