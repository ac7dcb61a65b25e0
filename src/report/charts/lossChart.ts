/** Loss curves: training loss smoothed, validation loss as measured, one colour a run. */
import * as Plot from '@observablehq/plot';
import { formatCount, significant } from '../../base/numbers.ts';
import type { MetricsRecord } from '../../store/study.ts';
import { shortLabel } from '../cells.ts';
import { GRID, type Ink, MUTED, SIZE_INKS, spreadInks, TEXT } from '../palette.ts';
import type { ReportRun, TrainedReportRun } from '../reportData.ts';
import { type LinePoint, logDomain, thinLine } from './axis.ts';
import { axisTitles, CHART_WIDTH, type Chart, panel } from './chart.ts';
import { legend } from './legend.ts';

/** Training loss is averaged over this share of the steps, ending at the step shown. */
export const SMOOTHING_SHARE = 0.02;

const HEIGHT = 380;
const MARGIN = { left: 64, right: 170, top: 10, bottom: 48 };
const LABEL_GAP = 15;
const TICKS = [0.1, 0.2, 0.5, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20];

interface Curve {
  readonly label: string;
  readonly ink: Ink;
  readonly training: readonly LinePoint[];
  readonly validation: readonly LinePoint[];
}

/** @returns null if no run has a finite loss */
export function lossChart(runs: readonly ReportRun[]): Chart | null {
  const curves = curvesOf(runs.filter((run) => run.origin === 'trained'));
  const losses = curves.flatMap((curve) => [...curve.training, ...curve.validation].map((point) => point.y));
  const domain = logDomain(losses, 1.04);
  if (domain === null) return null;
  const tokens = Math.max(...curves.flatMap((curve) => [...curve.training, ...curve.validation].map((p) => p.x)));
  const keys = legend(
    [
      {
        label: `training loss, mean of ${significant(100 * SMOOTHING_SHARE)} % of the steps`,
        mark: 'line',
        ink: MUTED,
      },
      { label: 'validation loss', mark: 'point', ink: MUTED },
    ],
    MARGIN.left,
  );
  return {
    name: 'loss',
    title: 'Loss over training tokens',
    description: `Training and validation loss of ${curves.length} runs on a logarithmic scale.`,
    height: keys.height + HEIGHT,
    body:
      keys.body +
      panel(keys.height, plotOptions(curves, domain, tokens)) +
      axisTitles(
        { x: 'training tokens', y: 'loss, nats a token (log scale)' },
        { ...MARGIN, top: keys.height, height: HEIGHT },
      ),
  };
}

function curvesOf(runs: readonly TrainedReportRun[]): Curve[] {
  const inks = spreadInks(SIZE_INKS, runs.length);
  return runs
    .map(({ description, metrics }, i) => ({
      label: `${shortLabel(description.run, 16)}, ${formatCount(description.params)}`,
      ink: inks[i]!,
      training: thinLine(smoothed(metrics), CHART_WIDTH / 3),
      validation: metrics.flatMap(({ tokens, validationLoss }) =>
        validationLoss !== null && Number.isFinite(validationLoss) ? [{ x: tokens, y: validationLoss }] : [],
      ),
    }))
    .filter((curve) => curve.training.length > 0);
}

/** Trailing mean over {@link SMOOTHING_SHARE} of the steps; steps without a finite loss are left out. */
function smoothed(metrics: readonly MetricsRecord[]): LinePoint[] {
  const finite = metrics.filter((record) => Number.isFinite(record.loss) && record.loss > 0);
  const width = Math.max(1, Math.round(SMOOTHING_SHARE * finite.length));
  const sums = [0]; // sums[i] = loss of the first i steps
  for (const { loss } of finite) sums.push(sums.at(-1)! + loss);
  return finite.map((record, i) => {
    const start = Math.max(0, i + 1 - width);
    return { x: record.tokens, y: (sums[i + 1]! - sums[start]!) / (i + 1 - start) };
  });
}

function plotOptions(curves: readonly Curve[], domain: readonly [number, number], tokens: number): Plot.PlotOptions {
  const labels = endLabels(curves, domain);
  const ticks = TICKS.filter((tick) => tick >= domain[0] && tick <= domain[1]);
  return {
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: { domain: [0, tokens], label: null },
    y: { type: 'log', domain: [...domain], label: null },
    marks: [
      Plot.gridY(ticks, { stroke: GRID.light, strokeOpacity: 1 }),
      Plot.axisX({ ticks: 6, tickFormat: (value: number) => formatCount(value), label: null }),
      Plot.axisY(ticks, { tickFormat: (value: number) => significant(value), label: null }),
      ...curves.flatMap((curve) => [
        Plot.line(curve.training, { x: 'x', y: 'y', stroke: curve.ink.light, strokeWidth: 1.6 }),
        Plot.dot(curve.validation, { x: 'x', y: 'y', fill: curve.ink.light, r: 3 }),
      ]),
      Plot.dot(labels, { x: () => tokens, y: 'y', fill: 'fill', symbol: 'square', r: 4, dx: 14 }),
      Plot.text(labels, { x: () => tokens, y: 'y', text: 'label', fill: TEXT.light, textAnchor: 'start', dx: 24 }),
    ],
  };
}

/** A label at the end of each curve, pushed apart where ends are closer than a line of text. */
function endLabels(
  curves: readonly Curve[],
  [low, high]: readonly [number, number],
): { readonly y: number; readonly label: string; readonly fill: string }[] {
  const pixels = HEIGHT - MARGIN.top - MARGIN.bottom;
  const scale = Math.log(high / low) / pixels;
  const ends = curves
    .map((curve) => ({ curve, at: Math.log(high / curve.training.at(-1)!.y) / scale }))
    .sort((a, b) => a.at - b.at);
  const places = spreadApart(
    ends.map((end) => end.at),
    LABEL_GAP,
    pixels,
  );
  return ends.map(({ curve }, i) => ({
    y: high * Math.exp(-places[i]! * scale),
    label: curve.label,
    fill: curve.ink.light,
  }));
}

/**
 * Positions at least `gap` apart and at most `end`, in the same order, moved as little as two sweeps need.
 *
 * @param positions ascending
 */
export function spreadApart(positions: readonly number[], gap: number, end: number): number[] {
  const places = [...positions];
  for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i]!, places[i - 1]! + gap);
  let limit = end;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i]!, limit);
    limit = places[i]! - gap;
  }
  return places;
}
