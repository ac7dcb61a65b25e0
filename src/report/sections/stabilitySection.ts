/** Do the spectra settle? Trajectories, verdict counts, and every verdict that is not "settled" with its numbers. */
import { formatCount, significant } from '../../base/numbers.ts';
import { verdictCounts } from '../answer.ts';
import { chartDepths, chartQuantiles, depthsOf } from '../cells.ts';
import type { Chart } from '../charts/chart.ts';
import { details, figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import type { ReportData, TrackedQuantile } from '../reportData.ts';
import { type Column, table } from '../table.ts';
import { count, number, percent } from '../wording.ts';

/** A chart of one run's trajectories. */
export interface RunChart {
  readonly run: string;
  readonly chart: Chart;
}

/** The page shows this many unsettled trajectories; the study folder holds all. */
const MOST_ROWS = 40;

const VERDICT_COLUMNS: readonly Column[] = [
  { title: 'Run' },
  { title: 'Tracked', numeric: true },
  { title: 'Settled', numeric: true },
  { title: 'Drifting', numeric: true },
  { title: 'Too short', numeric: true },
  { title: 'Share settled', numeric: true },
];

const UNSETTLED_COLUMNS: readonly Column[] = [
  { title: 'Matrix' },
  { title: 'Run' },
  { title: 'q', numeric: true },
  { title: 'Verdict' },
  { title: 'Drift of ln σ', numeric: true },
  { title: 'Its error', numeric: true },
  { title: 'Window', numeric: true },
];

/** @param charts in ladder order; the largest run is shown, the others open on request */
export function stabilitySection(data: ReportData, charts: readonly RunChart[]): Html {
  const title = 'Do the spectra settle?';
  if (data.tracked.length === 0) return section('stability', title, html`<p>No spectra were recorded.</p>`);
  const largest = charts.at(-1);
  return section('stability', title, [
    html`<p>Each line is one quantile q of the descending singular values of the normalised momentum X / ‖X‖<sub>F</sub>, so
q = 0.9 is small. A law is fitted only to what a line settles at: its mean over the shaded steps.</p>
`,
    largest ? figure(largest.chart, caption(data, largest.run)) : null,
    ...[...charts.slice(0, -1)]
      .reverse()
      .map(({ run, chart }) => details(`The same for run ${run}`, figure(chart, caption(data, run)))),
    verdictTable(data),
    unsettledTable(data),
  ]);
}

function caption(data: ReportData, run: string): string {
  const tracked = data.tracked.filter(({ trajectory }) => trajectory.run === run);
  const params = tracked[0]?.trajectory.params ?? 0;
  const matrices = tracked.map((t) => t.trajectory);
  const quantiles = matrices.map((matrix) => matrix.quantile);
  const [depths, shownDepths] = [depthsOf(matrices).length, chartDepths(matrices).length];
  const [present, shown] = [new Set(quantiles).size, chartQuantiles(quantiles).length];
  return (
    `${formatCount(params)} parameters; rows are roles, columns depths (layer / layers)` +
    `${shownDepths < depths ? `, ${shownDepths} of ${depths} shown` : ''}` +
    `${shown < present ? `; ${shown} of ${present} quantiles shown` : ''}. ` +
    'The word in each corner is the verdict on the shaded window.'
  );
}

function verdictTable(data: ReportData): Html {
  const runs = [...new Set(data.tracked.map(({ trajectory }) => trajectory.run))];
  const rows = runs.map((run) =>
    verdictCells(
      run,
      data.tracked.filter(({ trajectory }) => trajectory.run === run),
    ),
  );
  if (runs.length > 1) rows.push(verdictCells('All runs', data.tracked));
  return table('Verdicts on every tracked quantile', VERDICT_COLUMNS, rows);
}

function verdictCells(name: string, tracked: readonly TrackedQuantile[]): { cells: (string | number)[] } {
  const counts = verdictCounts(tracked);
  const share = percent(counts.settled / tracked.length);
  return { cells: [name, tracked.length, counts.settled, counts.drifting, counts['too short'], share] };
}

function unsettledTable(data: ReportData): Html {
  const unsettled = data.tracked.filter(({ plateau }) => plateau.verdict !== 'settled');
  if (unsettled.length === 0) return html``;
  const worst = [...unsettled]
    .sort((a, b) => Math.abs(b.plateau.drift) - Math.abs(a.plateau.drift))
    .slice(0, MOST_ROWS);
  const caption = `Unsettled trajectories, largest drift first${worst.length < unsettled.length ? ` (${worst.length} of ${unsettled.length})` : ''}`;
  const rows = worst.map(({ trajectory, plateau }) => ({
    cells: [
      `${trajectory.role}, layer ${trajectory.layer}`,
      trajectory.run,
      significant(trajectory.quantile),
      plateau.verdict,
      number(plateau.drift, 2),
      number(plateau.driftError, 2),
      `${plateau.window[0]}–${plateau.window[1]}`,
    ],
    note: html`${plateau.reason}`,
  }));
  return details(
    `${count(unsettled.length, 'trajectory', 'trajectories')} did not settle`,
    table(caption, UNSETTLED_COLUMNS, rows),
  );
}
