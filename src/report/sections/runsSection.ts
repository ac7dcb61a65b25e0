/** What was trained or observed: one row a run, and the loss curves. */
import { formatCount, formatSeconds } from '../../base/numbers.ts';
import type { Chart } from '../charts/chart.ts';
import { figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import type { ObservedReportRun, ReportData, TrainedReportRun } from '../reportData.ts';
import { type Column, type Row, table } from '../table.ts';
import { decimals, list, number, percent } from '../wording.ts';

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

const OBSERVED_COLUMNS: readonly Column[] = [
  { title: 'Run' },
  { title: 'Layers × width', numeric: true },
  { title: 'Parameters', numeric: true },
  { title: 'Without embeddings', numeric: true },
  { title: 'Matrices', numeric: true },
  { title: 'Steps', numeric: true },
  { title: 'From step', numeric: true },
  { title: 'To step', numeric: true },
  { title: 'Stage' },
];

export function runsSection(data: ReportData, loss: Chart | null): Html {
  if (data.runs.length === 0) return section('runs', 'Runs', html`<p>There are no runs yet.</p>`);
  const trained = data.runs.filter((run) => run.origin === 'trained');
  const observed = data.runs.filter((run) => run.origin === 'observed');
  return section('runs', 'Runs', [
    trained.length === 0
      ? null
      : table('Runs of the ladder; tracking is the share of wall time spent on spectra', COLUMNS, trained.map(row)),
    figure(
      loss,
      'One colour a run, labelled with its parameters. Each validation point is a mean over the same fixed sequences.',
    ),
    observed.length === 0
      ? null
      : table(
          'Runs that were trained elsewhere, as their spectra and the shapes of their matrices show them',
          OBSERVED_COLUMNS,
          observed.map(observedRow),
        ),
  ]);
}

function observedRow({ description, model, matrices, steps, stages }: ObservedReportRun): Row {
  return {
    cells: [
      description.run,
      model === null ? '–' : `${model.layers} × ${model.width}`,
      formatCount(description.params),
      formatCount(description.nonEmbeddingParams),
      matrices,
      steps.length,
      steps[0] ?? '–',
      steps.at(-1) ?? '–',
      list(stages.map((stage) => (stage === 'buffer' ? 'momentum buffer' : 'Nesterov blend'))),
    ],
  };
}

function row({ description, metrics, summary }: TrainedReportRun): Row {
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
