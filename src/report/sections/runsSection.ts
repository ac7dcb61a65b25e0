/** What was trained: one row a run, and the loss curves. */
import { formatCount, formatSeconds } from '../../base/numbers.ts';
import type { Chart } from '../charts/chart.ts';
import { figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import type { ReportData, ReportRun } from '../reportData.ts';
import { type Column, type Row, table } from '../table.ts';
import { decimals, number, percent } from '../wording.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Run' },
  { title: 'Layers × width', numeric: true },
  { title: 'Parameters', numeric: true },
  { title: 'Without embeddings', numeric: true },
  { title: 'Steps', numeric: true },
  { title: 'Tokens', numeric: true },
  { title: 'Loss', numeric: true },
  { title: 'Validation loss', numeric: true },
  { title: 'Tokens/s', numeric: true },
  { title: 'Gflop/s', numeric: true },
  { title: 'Tracking', numeric: true },
  { title: 'Time', numeric: true },
];

export function runsSection(data: ReportData, loss: Chart | null): Html {
  if (data.runs.length === 0) return section('runs', 'Runs', html`<p>There are no runs yet.</p>`);
  return section('runs', 'Runs', [
    table('Runs of the ladder; tracking is the share of wall time spent on spectra', COLUMNS, data.runs.map(row)),
    figure(
      loss,
      'One colour a run, labelled with its parameters. Each validation point is a mean over the same fixed sequences.',
    ),
  ]);
}

function row({ description, metrics, summary }: ReportRun): Row {
  const { layers, width } = description.config.model;
  const seconds = metrics.reduce((sum, record) => sum + record.seconds + record.trackingSeconds, 0);
  return {
    cells: [
      description.run,
      `${layers} × ${width}`,
      formatCount(description.params),
      formatCount(description.nonEmbeddingParams),
      summary?.steps ?? `${metrics.at(-1)?.step ?? 0} of ${description.config.steps}`,
      formatCount(summary?.tokens ?? metrics.at(-1)?.tokens ?? 0),
      decimals(summary?.finalLoss ?? null, 3),
      decimals(summary?.validationLoss ?? null, 3),
      summary ? formatCount(summary.tokensPerSecond) : '–',
      number(summary?.gflops ?? null),
      summary ? percent(summary.trackingShare) : '–',
      formatSeconds(seconds),
    ],
  };
}
