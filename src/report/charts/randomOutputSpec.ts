/** What schedules make of random matrices: histograms of the outputs at the smallest and the largest size. */
import * as Plot from '@observablehq/plot';
import { formatShare, significant } from '../../base/numbers.ts';
import type { RandomHistogram, RandomSize, RandomSpectra } from '../../spectra/randomSpectra.ts';
import { shortLabel } from '../cells.ts';
import { CATEGORY_INKS, GRID, MUTED, TEXT } from '../palette.ts';
import { number } from '../wording.ts';
import { logDomain, logTicks } from './axis.ts';
import { ANNOTATION } from './chart.ts';
import type { ChartSpec, SpecKey } from './chartSpec.ts';

const ROW_HEIGHT = 150;
const MARGIN = { left: 58, right: 14, top: 26, bottom: 34 };
const [LOST, KEPT] = [CATEGORY_INKS[1]!, CATEGORY_INKS[0]!];

interface Bar {
  readonly size: string;
  readonly schedule: string;
  readonly from: number;
  readonly to: number;
  readonly share: number;
  readonly expected: number;
  readonly isLost: boolean;
}

/** @returns null if no histogram after a schedule was kept */
export function randomOutputSpec({ histograms, sizes, level }: RandomSpectra): ChartSpec | null {
  const after = histograms.flatMap((histogram) =>
    histogram.schedule === null ? [] : [{ ...histogram, schedule: histogram.schedule }],
  );
  const bars = after.flatMap((histogram) => barsOf(histogram, level));
  const yDomain = logDomain(
    bars.map(({ share }) => share),
    1.6,
    6, // room for what stands in the corner
  );
  if (yDomain === null) return null;
  const schedules = [...new Set(after.map(({ schedule }) => schedule))];
  const columns = [...new Set(after.map(sizeLabel))];
  const xDomain = [Math.min(0, ...bars.map(({ from }) => from)), Math.max(...bars.map(({ to }) => to))];
  return {
    name: 'random-outputs',
    title: 'Singular values of random matrices after Newton-Schulz',
    description: `Small multiples of ${schedules.length} schedules by ${columns.length} sizes; shares on a logarithmic axis.`,
    axes: { x: 'singular value after Newton-Schulz (bins of 0.02)', y: 'share of directions in a bin (log scale)' },
    keys: keysOf(level),
    points: bars
      .filter(({ share }) => share > 0)
      .map(({ size, schedule, from, to, share, expected, isLost }) => ({
        ...{ x: (from + to) / 2, y: share, fx: size, fy: schedule, key: isLost ? 'lost' : 'kept' },
        text: [
          `${schedule}, ${size}`,
          `output ${significant(from)} to ${significant(to)}`,
          `${formatShare(share)} of the directions, ${formatShare(expected)} by law`,
        ],
      })),
    table: {
      columns: ['schedule', 'size', 'output from', 'output to', 'share measured', 'share by law'],
      rows: (isShown) =>
        bars
          .filter(({ isLost }) => isShown(isLost ? 'lost' : 'kept'))
          .map(({ schedule, size, from, to, share, expected }) => {
            return [schedule, size, from, to, share, isShown('law') ? expected : ''];
          }),
    },
    plot: (width, isShown) => ({
      ...{ width, height: MARGIN.top + MARGIN.bottom + ROW_HEIGHT * schedules.length },
      ...{ marginLeft: MARGIN.left, marginRight: MARGIN.right, marginTop: MARGIN.top, marginBottom: MARGIN.bottom },
      fx: { domain: columns, label: null, padding: 0.06 },
      fy: { domain: schedules, axis: null, label: null, padding: 0.06 },
      x: { domain: xDomain, label: null },
      y: { type: 'log', domain: yDomain, label: null },
      marks: [
        ...frameMarks(yDomain, level, width / columns.length),
        ...barMarks(
          bars.filter(({ share, isLost }) => share > 0 && isShown(isLost ? 'lost' : 'kept')),
          yDomain[0],
        ),
        ...(isShown('law') ? after.map((histogram) => limitMark(histogram, yDomain[0])) : []),
        shareLabels(sizes, schedules, columns, level),
      ],
    }),
  };
}

function keysOf(level: number): SpecKey[] {
  return [
    { id: 'lost', label: `output below ${number(level)}`, mark: 'square', ink: LOST },
    { id: 'kept', label: 'the others', mark: 'square', ink: KEPT },
    { id: 'law', label: 'Marchenko-Pastur through the exact response', mark: 'line', ink: TEXT },
  ];
}

function frameMarks(yDomain: readonly [number, number], level: number, panelWidth: number): Plot.Markish[] {
  const ticks = Math.max(2, Math.min(6, Math.floor(panelWidth / 60)));
  return [
    Plot.gridY(logTicks(yDomain), { stroke: GRID.light, strokeOpacity: 1 }),
    Plot.axisX({ ticks, tickFormat: (value: number) => significant(value), label: null }),
    Plot.axisY(logTicks(yDomain), { tickFormat: (share: number) => formatShare(share, 1), label: null }),
    Plot.frame({ stroke: GRID.light }),
    Plot.ruleX([level], { stroke: MUTED.light, strokeWidth: 0.75 }),
  ];
}

/** The schedule and the share below the level in the corner of each panel. */
function shareLabels(
  sizes: readonly RandomSize[],
  schedules: readonly string[],
  columns: readonly string[],
  level: number,
): Plot.Markish {
  const labels = sizes.flatMap((size) =>
    size.afterNs.map(({ schedule, below }) => ({ size: sizeLabel(size), schedule, below })),
  );
  return Plot.text(
    labels.filter(({ size, schedule }) => columns.includes(size) && schedules.includes(schedule)),
    {
      ...ANNOTATION,
      ...{ fx: 'size', fy: 'schedule', frameAnchor: 'top-left', dx: 6, dy: 6, fill: TEXT.light },
      text: ({ schedule, below }: (typeof labels)[number]) =>
        `${shortLabel(schedule, 22)}\n${formatShare(below, 2)} below ${number(level)}`,
    },
  );
}

function sizeLabel({ rows, columns }: { readonly rows: number; readonly columns: number }): string {
  return `${rows} × ${columns}`;
}

function barsOf(histogram: RandomHistogram & { readonly schedule: string }, level: number): Bar[] {
  const { edges, shares, expected, schedule } = histogram;
  return shares.map((share, i) => {
    const [from, to] = [edges[i]!, edges[i + 1]!];
    return {
      size: sizeLabel(histogram),
      schedule,
      from,
      to,
      share,
      expected: expected[i]!,
      isLost: to <= level + 1e-9,
    };
  });
}

/** Bars from the bottom of the frame: a logarithmic axis has no zero. */
function barMarks(bars: readonly Bar[], bottom: number): Plot.Markish[] {
  return [
    Plot.rect(bars, {
      ...{ fx: 'size', fy: 'schedule', x1: 'from', x2: 'to', y1: () => bottom, y2: 'share' },
      fill: ({ isLost }: Bar) => (isLost ? LOST.light : KEPT.light),
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
  const at = { fx: () => sizeLabel(histogram), fy: () => schedule, x: 'x', y: 'y' };
  return Plot.line(points, { ...at, stroke: TEXT.light, strokeWidth: 1.1 });
}
