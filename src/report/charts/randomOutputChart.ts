/** What schedules make of random matrices: histograms of the outputs at the smallest and the largest size. */
import * as Plot from '@observablehq/plot';
import { formatShare, significant } from '../../base/numbers.ts';
import type { RandomHistogram, RandomSize, RandomSpectra } from '../../spectra/randomSpectra.ts';
import { shortLabel } from '../cells.ts';
import { CATEGORY_INKS, GRID, MUTED, TEXT } from '../palette.ts';
import { number } from '../wording.ts';
import { logDomain, logTicks } from './axis.ts';
import { ANNOTATION, axisTitles, type Chart, panel } from './chart.ts';
import { legend } from './legend.ts';

const ROW_HEIGHT = 150;
const MARGIN = { left: 92, right: 118, top: 26, bottom: 50 };
const [LOST, KEPT] = [CATEGORY_INKS[1]!, CATEGORY_INKS[0]!];

interface Bar {
  readonly size: string;
  readonly schedule: string;
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

/** @returns null if no histogram after a schedule was kept */
export function randomOutputChart({ histograms, sizes, level }: RandomSpectra): Chart | null {
  const after = histograms.flatMap((histogram) =>
    histogram.schedule === null ? [] : [{ ...histogram, schedule: histogram.schedule }],
  );
  const bars = after.flatMap(barsOf);
  const yDomain = logDomain(
    bars.map(({ share }) => share),
    1.6,
    2.5,
  );
  if (yDomain === null) return null;
  const schedules = [...new Set(after.map(({ schedule }) => schedule))];
  const columns = [...new Set(after.map(sizeLabel))];
  const xDomain = [Math.min(0, ...bars.map(({ from }) => from)), Math.max(...bars.map(({ to }) => to))];
  const height = MARGIN.top + MARGIN.bottom + ROW_HEIGHT * schedules.length;
  const keys = legend(
    [
      { label: `output below ${number(level)}`, mark: 'square', ink: LOST },
      { label: 'the others', mark: 'square', ink: KEPT },
      { label: 'Marchenko-Pastur through the exact response', mark: 'line', ink: TEXT },
    ],
    MARGIN.left,
  );
  return {
    name: 'random-outputs',
    title: 'Singular values of random matrices after Newton-Schulz',
    description: `Small multiples of ${schedules.length} schedules by ${columns.length} sizes; shares on a logarithmic axis.`,
    height: keys.height + height,
    body:
      keys.body +
      panel(keys.height, {
        height,
        marginLeft: MARGIN.left,
        marginRight: MARGIN.right,
        marginTop: MARGIN.top,
        marginBottom: MARGIN.bottom,
        fx: { domain: columns, label: null, padding: 0.06 },
        fy: { domain: schedules, tickFormat: (name: string) => shortLabel(name, 16), label: null, padding: 0.06 },
        x: { domain: xDomain, label: null },
        y: { type: 'log', domain: yDomain, label: null },
        marks: [
          ...frameMarks(yDomain, level),
          ...barMarks(bars, yDomain[0], level),
          ...after.map((histogram) => limitMark(histogram, yDomain[0])),
          ...shareLabels(sizes, schedules, columns, level),
        ],
      }) +
      axisTitles(
        { x: 'singular value after Newton-Schulz (bins of 0.02)', y: 'share of directions in a bin (log scale)' },
        { ...MARGIN, top: keys.height, height },
      ),
  };
}

function frameMarks(yDomain: readonly [number, number], level: number): Plot.Markish[] {
  return [
    Plot.gridY(logTicks(yDomain), { stroke: GRID.light, strokeOpacity: 1 }),
    Plot.axisX({ ticks: 6, tickFormat: (value: number) => significant(value), label: null }),
    Plot.axisY(logTicks(yDomain), { tickFormat: (share: number) => formatShare(share, 1), label: null }),
    Plot.frame({ stroke: GRID.light }),
    Plot.ruleX([level], { stroke: MUTED.light, strokeWidth: 0.75 }),
  ];
}

/** The share below the level in the corner of its panel. */
function shareLabels(
  sizes: readonly RandomSize[],
  schedules: readonly string[],
  columns: readonly string[],
  level: number,
): Plot.Markish[] {
  const labels = sizes.flatMap((size) =>
    size.afterNs.map(({ schedule, below }) => ({ size: sizeLabel(size), schedule, below })),
  );
  return [
    Plot.text(
      labels.filter(({ size, schedule }) => columns.includes(size) && schedules.includes(schedule)),
      {
        ...ANNOTATION,
        fx: 'size',
        fy: 'schedule',
        frameAnchor: 'top-left',
        dx: 6,
        dy: 6,
        fill: TEXT.light,
        text: ({ below }: { readonly below: number }) => `${formatShare(below, 2)} below ${number(level)}`,
      },
    ),
  ];
}

function sizeLabel({ rows, columns }: { readonly rows: number; readonly columns: number }): string {
  return `${rows} × ${columns}`;
}

function barsOf(histogram: RandomHistogram & { readonly schedule: string }): Bar[] {
  const { edges, shares, schedule } = histogram;
  return shares.flatMap((share, i) =>
    share > 0 ? [{ size: sizeLabel(histogram), schedule, from: edges[i]!, to: edges[i + 1]!, share }] : [],
  );
}

/** Bars from the bottom of the frame: a logarithmic axis has no zero. */
function barMarks(bars: readonly Bar[], bottom: number, level: number): Plot.Markish[] {
  return [
    Plot.rect(bars, {
      fx: 'size',
      fy: 'schedule',
      x1: 'from',
      x2: 'to',
      y1: () => bottom,
      y2: 'share',
      fill: ({ to }: Bar) => (to <= level + 1e-9 ? LOST.light : KEPT.light),
      fillOpacity: 0.75,
    }),
  ];
}

function limitMark(histogram: RandomHistogram & { readonly schedule: string }, bottom: number): Plot.Markish {
  const { edges, expected, schedule } = histogram;
  const points = expected.map((share, i) => ({
    x: (edges[i]! + edges[i + 1]!) / 2,
    y: share >= bottom ? share : Number.NaN,
  }));
  return Plot.line(points, {
    fx: () => sizeLabel(histogram),
    fy: () => schedule,
    x: 'x',
    y: 'y',
    stroke: TEXT.light,
    strokeWidth: 1.1,
  });
}
