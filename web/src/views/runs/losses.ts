/** Losses and speed of runs as figures. */
import type { LinesFigure } from '../../../../src/report/charts/linesSpec.ts';
import type { PageMetrics, PageRun } from '../../../../src/workflows/pageData.ts';

/** A run of one of the studies shown, with what it has measured. */
export interface ShownRun {
  /** Unique among those shown. */
  readonly id: string;
  readonly label: string;
  readonly study: string;
  readonly run: PageRun;
  /** null for a run that was trained elsewhere. */
  readonly metrics: PageMetrics | null;
}

/** A row of the table of runs. */
export interface RunRow {
  readonly id: string;
  readonly label: string;
  readonly study: string;
  readonly origin: string;
  readonly params: number;
  readonly steps: number;
  readonly planned: number | null;
  readonly loss: number | null;
  readonly validation: number | null;
  readonly tokensPerSecond: number | null;
  readonly seconds: number | null;
}

export function rowOf({ id, label, study, run, metrics }: ShownRun): RunRow {
  const records = metrics?.metrics ?? [];
  const last = records.at(-1);
  const validations = records.flatMap(({ validationLoss }) => (validationLoss === null ? [] : [validationLoss]));
  const speeds = speedsOf(records)
    .map(({ y }) => y)
    .sort((a, b) => a - b);
  return {
    ...{ id, label, study, origin: run.origin, params: run.params, planned: run.plannedSteps },
    steps: last?.step ?? 0,
    loss: last?.loss ?? null,
    validation: validations.at(-1) ?? null,
    tokensPerSecond: speeds[speeds.length >> 1] ?? null,
    seconds: last === undefined || speeds.length === 0 ? null : last.tokens / (speeds[speeds.length >> 1] ?? 1),
  };
}

/** Exponential mean over steps; the weight of what lies n steps back is share^n. */
export function smoothed(
  points: readonly { readonly x: number; readonly y: number }[],
  share: number,
): { x: number; y: number }[] {
  let mean: number | null = null;
  let before = 0;
  return points.map(({ x, y }) => {
    const kept: number = mean === null ? 0 : share ** Math.max(1, x - before);
    mean = mean === null ? y : kept * mean + (1 - kept) * y;
    before = x;
    return { x, y: mean };
  });
}

export function lossFigure(runs: readonly ShownRun[], share: number): LinesFigure {
  return {
    name: 'losses',
    title: 'Loss of the runs',
    description: 'Training loss of every run over its steps, smoothed, with validation losses as points.',
    x: { label: 'step', scale: 'linear' },
    y: { label: 'loss, nats', scale: 'linear' },
    series: runs.flatMap(({ label, metrics }, colour) => {
      const records = metrics?.metrics ?? [];
      return [
        {
          label,
          colour,
          mark: 'line' as const,
          points: smoothed(
            records.map(({ step, loss }) => ({ x: step, y: loss })),
            share,
          ),
        },
        {
          label: `${label}, validation`,
          colour,
          mark: 'dot' as const,
          points: records.flatMap(({ step, validationLoss }) =>
            validationLoss === null ? [] : [{ x: step, y: validationLoss }],
          ),
        },
      ].filter(({ points }) => points.length > 0);
    }),
  };
}

export function speedFigure(runs: readonly ShownRun[]): LinesFigure {
  return {
    name: 'throughput',
    title: 'Throughput',
    description: 'Tokens a second of every run over its steps, spectra included.',
    x: { label: 'step', scale: 'linear' },
    y: { label: 'tokens a second', scale: 'log' },
    height: 240,
    series: runs.flatMap(({ label, metrics }, colour) => {
      const points = speedsOf(metrics?.metrics ?? []);
      return points.length === 0 ? [] : [{ label, colour, mark: 'line' as const, points }];
    }),
  };
}

/** Tokens of a step over its wall time; steps are thinned, tokens a step are not. */
function speedsOf(records: PageMetrics['metrics']): { x: number; y: number }[] {
  return records.flatMap(({ step, tokens, seconds, trackingSeconds }) => {
    const wall = seconds + trackingSeconds;
    return step > 0 && wall > 0 ? [{ x: step, y: tokens / step / wall }] : [];
  });
}
