/** Normalised singular values of the smallest and the largest random matrices, and where a schedule begins to lose them. */
import * as Plot from '@observablehq/plot';
import type { RandomHistogram, RandomSpectra } from '../../spectra/randomSpectra.ts';
import { CATEGORY_INKS, GRID, type Ink, SIZE_INKS, spreadInks, TEXT } from '../palette.ts';
import { decimals, number } from '../wording.ts';
import { formatPower, logDomain, logTicks } from './axis.ts';
import { ANNOTATION, axisTitles, type Chart, panel } from './chart.ts';
import { type LegendKey, legend } from './legend.ts';

const HEIGHT = 320;
const MARGIN = { left: 70, right: 24, top: 58, bottom: 50 };
/** Bins that hold less than this share of the directions widen the axis for nothing one could see. */
const VISIBLE = 2e-4;
const LABEL_ROW = 15;
const LABEL_ROWS = 3;

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** @returns null if there is no histogram */
export function randomSpectrumChart({ histograms, widths, level }: RandomSpectra): Chart | null {
  const before = histograms.filter(({ schedule }) => schedule === null);
  const shown = before.map((histogram) => ({ histogram, bars: barsOf(histogram) }));
  const after = new Set(histograms.map(({ schedule }) => schedule));
  const thresholds = widths.flatMap(({ schedule, threshold }) =>
    after.has(schedule) && threshold !== null ? [{ schedule, threshold }] : [],
  );
  const ends = shown.flatMap(({ bars }) => bars.flatMap(({ from, to }) => [from, to]));
  const xDomain = logDomain([...ends, ...thresholds.map(({ threshold }) => threshold)], 1.1);
  if (xDomain === null) return null;
  const inks = spreadInks(SIZE_INKS, before.length);
  const top = Math.max(...shown.flatMap(({ histogram, bars }) => [...histogram.expected, ...bars.map((b) => b.share)]));
  const keys = legend(keysOf(before, inks, level), MARGIN.left);
  return {
    name: 'random-spectrum',
    title: 'Singular values of random matrices before Newton-Schulz',
    description: `Histograms of ${before.length} sizes on a logarithmic axis, with the Marchenko-Pastur law and the thresholds of ${thresholds.length} schedules.`,
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
        y: { domain: [0, top * 1.06], label: null },
        marks: [
          Plot.gridX(logTicks(xDomain, 8), { stroke: GRID.light, strokeOpacity: 1 }),
          Plot.axisX(logTicks(xDomain, 8), { tickFormat: formatPower, label: null }),
          Plot.axisY({ ticks: 5, tickFormat: (share: number) => `${decimals(100 * share, 0)} %`, label: null }),
          Plot.frame({ stroke: GRID.light }),
          ...shown.flatMap(({ histogram, bars }, i) => sizeMarks(histogram, bars, inks[i]!.light)),
          ...thresholdMarks(thresholds),
        ],
      }) +
      axisTitles(
        { x: 'singular value σ of X / ‖X‖_F (log scale, 20 bins a decade)', y: 'share of directions in a bin' },
        { ...MARGIN, top: keys.height, height: HEIGHT },
      ),
  };
}

function keysOf(before: readonly RandomHistogram[], inks: readonly Ink[], level: number): LegendKey[] {
  return [
    ...before.map(
      ({ rows, columns }, i): LegendKey => ({ label: `${rows} × ${columns}`, mark: 'band', ink: inks[i]! }),
    ),
    { label: 'Marchenko-Pastur', mark: 'line', ink: TEXT },
    { label: `output reaches ${number(level)} after`, mark: 'dashed', ink: CATEGORY_INKS[1]! },
  ];
}

function barsOf({ edges, shares }: RandomHistogram): Bar[] {
  const first = shares.findIndex((share) => share > VISIBLE);
  return shares.flatMap((share, i) => (i < first ? [] : [{ from: edges[i]!, to: edges[i + 1]!, share }]));
}

function sizeMarks({ edges, expected }: RandomHistogram, bars: readonly Bar[], ink: string): Plot.Markish[] {
  const left = bars[0]?.from ?? 0;
  const curve = expected.flatMap((share, i) =>
    edges[i]! < left ? [] : [{ x: Math.sqrt(edges[i]! * edges[i + 1]!), y: share }],
  );
  return [
    Plot.rectY(bars, { x1: 'from', x2: 'to', y: 'share', fill: ink, fillOpacity: 0.35, insetLeft: 0.5, insetRight: 0 }),
    Plot.line(curve, { x: 'x', y: 'y', stroke: ink, strokeWidth: 1.4 }),
  ];
}

/** A rule where the output first reaches the level, its label in a row of its own above the frame. */
function thresholdMarks(
  thresholds: readonly { readonly schedule: string; readonly threshold: number }[],
): Plot.Markish[] {
  const stroke = CATEGORY_INKS[1]!.light;
  const ordered = [...thresholds].sort((a, b) => a.threshold - b.threshold);
  return ordered.flatMap(({ schedule, threshold }, i) => [
    Plot.ruleX([threshold], { stroke, strokeWidth: 1.2, strokeDasharray: '5,3' }),
    Plot.text([threshold], {
      ...ANNOTATION,
      x: (sigma: number) => sigma,
      frameAnchor: 'top',
      dy: -12 - LABEL_ROW * (i % LABEL_ROWS),
      fill: TEXT.light,
      text: () => schedule,
    }),
  ]);
}
