/** The laws: charts, pooled exponents with intervals, published ones side by side, warnings. */
import { significant } from '../../base/numbers.ts';
import { mean } from '../../base/sums.ts';
import type { Law, LawsDocument, PooledLaw } from '../../scaling/law.ts';
import { cellLabel, inCellOrder, isSameCell } from '../cells.ts';
import type { Chart } from '../charts/chart.ts';
import { bullets, details, figure, section } from '../figure.ts';
import { type Html, html } from '../html.ts';
import type { ReportData } from '../reportData.ts';
import { type Column, table } from '../table.ts';
import { count, decimals, intervalText, number, percent } from '../wording.ts';

const LAW_COLUMNS: readonly Column[] = [
  { title: 'Role, depth' },
  { title: 'q', numeric: true },
  { title: 'Exponent [95 %]', numeric: true },
  { title: 'R²', numeric: true },
  { title: 'Sizes', numeric: true },
  { title: 'Held-out error', numeric: true },
  { title: 'Preferred model' },
];

export function lawsSection(data: ReportData, laws: Chart | null, exponents: Chart | null): Html {
  const { laws: document, published } = data;
  if (document === null || document.laws.length === 0)
    return section('laws', 'Laws', html`<p>No scaling law could be fitted: too few runs have settled values.</p>`);
  return section('laws', 'Laws', [
    html`<p>Settled singular values are fitted as value = amplitude × size<sup>−e</sup>, size being the parameters
${document.sizeConvention === 'total' ? 'with' : 'without'} embeddings. Since every spectrum is divided by its Frobenius norm, a wider matrix has smaller
values even if nothing else changes: that share of the exponent is the 1/√r baseline.</p>
`,
    figure(
      laws,
      'The exponent in each corner is pooled over the quantiles: one slope, an amplitude for each. The vertical line is the target.',
    ),
    figure(
      exponents,
      published
        ? `Published: ${published.source}.`
        : 'An interval that clears the dotted line is more than the norm explains.',
    ),
    pooledTable(document, published),
    bullets(document.warnings),
    lawDetails(document),
  ]);
}

function pooledTable(document: LawsDocument, published: LawsDocument | null): Html {
  const columns: Column[] = [
    { title: 'Role, depth' },
    { title: 'Pooled exponent [95 %]', numeric: true },
    { title: '1/√r alone', numeric: true },
    { title: 'Beyond 1/√r', numeric: true },
    ...(published ? [{ title: 'Published [95 %]', numeric: true }] : []),
  ];
  const rows = inCellOrder(document.pooled).map((law) => {
    const baseline = baselineOf(document, law);
    const other = published?.pooled.find((p) => isSameCell(p, law));
    return {
      cells: [
        cellLabel(law),
        intervalText({ ...law, value: law.exponent }),
        decimals(baseline),
        decimals(baseline === null ? null : law.exponent - baseline),
        ...(published ? [other ? intervalText({ ...other, value: other.exponent }) : '–'] : []),
      ],
    };
  });
  return table('Pooled exponents: one slope over all quantiles of a role and depth', columns, rows);
}

function baselineOf(document: LawsDocument, cell: PooledLaw): number | null {
  const exponents = document.laws.flatMap((law) =>
    isSameCell(law, cell) && law.baselineExponent !== null ? [law.baselineExponent] : [],
  );
  return exponents.length === 0 ? null : mean(exponents);
}

function lawDetails(document: LawsDocument): Html {
  const warned = document.laws.filter((law) => law.warnings.length > 0).length;
  const rows = inCellOrder(document.laws).map((law) => ({
    cells: [
      cellLabel(law),
      significant(law.quantile),
      intervalText({ ...law, value: law.exponent }),
      decimals(law.r2, 3),
      law.points.length,
      heldOutText(law),
      preferredText(law),
    ],
    ...(law.warnings.length > 0 ? { note: html`${law.warnings.join('; ')}` } : {}),
  }));
  const summary = `Every law by quantile${warned > 0 ? `; ${count(warned, 'carries', 'carry')} a warning` : ''}`;
  return details(
    summary,
    table('Laws by role, depth and quantile; the preferred model has the lowest AICc', LAW_COLUMNS, rows),
  );
}

/** Prediction of the largest size by the others, relative to what was measured. */
function heldOutText({ heldOut }: Law): string {
  if (heldOut === null) return '–';
  const error = heldOut.predicted / heldOut.actual - 1;
  return Math.abs(error) < 10
    ? `${error > 0 ? '+' : ''}${percent(error)}`
    : `× ${number(heldOut.predicted / heldOut.actual, 2)}`;
}

function preferredText({ comparison }: Law): string {
  switch (comparison.preferred) {
    case 'constant':
      return 'no dependence on size';
    case 'power':
      return 'power law';
    case 'curved':
      return comparison.curvature < 0 ? 'curved, ever steeper' : 'curved, flattening';
    default:
      return comparison.preferred satisfies never;
  }
}
