/** An experiment on spectral dynamics as a section: assumptions, claims with their evidence, figures, tables. */
import { significant } from '../../base/numbers.ts';
import type { DynamicsResult, DynamicsTable, ExperimentName } from '../../dynamics/experiment.ts';
import type { Chart } from '../charts/chart.ts';
import { bullets, details, figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import { table } from '../table.ts';

/** Longer tables are folded away. */
const LONGEST_SHOWN = 40;

/** Title of each experiment's section. */
const EXPERIMENT_TITLES: Readonly<Record<ExperimentName, string>> = {
  entropy: 'Entropy: why the polar update spreads a spectrum',
  regression: 'Regression: modes at unit speed',
  sensing: 'Matrix sensing: which solution is found',
  gpt: 'Muon against AdamW: a small GPT',
  vit: 'Muon against AdamW: a small ViT',
};

/** Id and title for the page's contents. */
export function dynamicsEntry({ experiment }: DynamicsResult): readonly [id: string, title: string] {
  return [`dynamics-${experiment}`, EXPERIMENT_TITLES[experiment]];
}

/** @param charts of result.figures, in their order; null where a figure has nothing to show */
export function dynamicsSection(result: DynamicsResult, charts: readonly (Chart | null)[]): Html {
  const { assumptions, claims, tables, figures } = result;
  const [id, title] = dynamicsEntry(result);
  return section(id, title, [
    html`<ul class="claims">${claims.map(
      ({ statement, holds, evidence }) =>
        html`<li><strong>${holds ? 'Holds' : 'Does not hold'}.</strong> ${statement}. <span class="muted">${capitalised(evidence)}.</span></li>`,
    )}</ul>
`,
    details('What is assumed', bullets(assumptions)),
    charts.map((chart, i) => figure(chart, figures[i]?.description ?? '')),
    tables.map((one) =>
      one.rows.length > LONGEST_SHOWN ? details(one.caption, dynamicsTable(one)) : dynamicsTable(one),
    ),
  ]);
}

function dynamicsTable({ caption, columns, rows }: DynamicsTable): Html {
  const numeric = (column: number): boolean => rows.some((row) => typeof row[column] === 'number');
  return table(
    caption,
    columns.map((title, i) => ({ title, numeric: numeric(i) })),
    rows.map((row) => ({ cells: row.map((cell) => (typeof cell === 'number' ? significant(cell) : (cell ?? '–'))) })),
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
