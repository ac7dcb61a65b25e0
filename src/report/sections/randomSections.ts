/**
 * Random matrices in words and figures: key figures, before NS, after it, how it was made. The page of `random --out`
 * has a section for each, a study's report one for all.
 */
import { formatSeconds, formatShare } from '../../base/numbers.ts';
import type { RandomSpectra, ScheduleWidth } from '../../spectra/randomSpectra.ts';
import { chartQuantiles } from '../cells.ts';
import type { Chart } from '../charts/chart.ts';
import type { ChartSpec } from '../charts/chartSpec.ts';
import { type RandomSpecs, randomCaptions, randomSpecs } from '../charts/randomSpecs.ts';
import { specChart } from '../charts/specChart.ts';
import { bullets, figure, section } from '../figure.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import type { RandomReportData } from '../randomReportData.ts';
import { count, decimals, number, percent } from '../wording.ts';
import { exponentTable, widthTable, widthText } from './randomTables.ts';

/** Ids and titles of the sections of the page, in order. */
export const RANDOM_CONTENTS: readonly (readonly [string, string])[] = [
  ['answer', 'The answer'],
  ['before', 'Before Newton-Schulz'],
  ['after', 'After Newton-Schulz'],
  ['method', 'How it was made'],
];

/** Id and title of the section in a study's report. */
export const RANDOM_IN_STUDY: readonly [string, string] = ['random', 'Random matrices'];

/** null where two sizes would be needed, or nothing is left behind. */
export type RandomCharts = Readonly<Record<keyof RandomSpecs, Chart | null>>;

export function randomCharts(data: RandomReportData): RandomCharts {
  const { spectrum, scaling, outputs, loss } = randomSpecs(data);
  const drawn = (spec: ChartSpec | null): Chart | null => (spec === null ? null : specChart(spec));
  return { spectrum: drawn(spectrum), scaling: drawn(scaling), outputs: drawn(outputs), loss: drawn(loss) };
}

/** What the experiment found, in sentences. */
export function randomStatements({ spectra, entries }: RandomReportData): string[] {
  const { sizes, level, share, widths } = spectra;
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (!first || !last) return [];
  const range = exponentRange(spectra);
  const slope = range
    ? [
        `Singular values of X/‖X‖_F of matrices with independent ${entries} entries change as the smaller dimension to the power ${range.text} between ${first.rows} and ${last.rows} at ${range.quantiles}; Marchenko-Pastur says −0.5.`,
      ]
    : [];
  const lost = first.afterNs[0] && last.afterNs[0] && first !== last;
  const tail = lost
    ? [
        `After ${last.afterNs[0]!.schedule}, ${percent(first.afterNs[0]!.below)} of the directions stay below ${number(level)} at ${first.rows} and ${percent(last.afterNs[0]!.below)} at ${last.rows}.`,
      ]
    : [];
  const width = widths[0]
    ? [`${widths[0].schedule} leaves more than ${formatShare(share)} behind ${widthWords(widths[0])}.`]
    : [];
  return [...slope, ...tail, ...width];
}

export function randomAnswerSection(data: RandomReportData): Html {
  return section('answer', 'The answer', [keyFigures(data), bullets(data.spectra.warnings)]);
}

export function randomBeforeSection(data: RandomReportData, charts: RandomCharts): Html {
  return section('before', 'Before Newton-Schulz', before(data, charts));
}

export function randomAfterSection(data: RandomReportData, charts: RandomCharts): Html {
  return section('after', 'After Newton-Schulz', after(data, charts));
}

export function randomMethodSection(data: RandomReportData): Html {
  return section('method', 'How it was made', [
    factList(data),
    html`<h3>Sources</h3>
<ul class="sources">
<li>Selvaraj: Iterative Orthogonalization Scaling Laws, <a href="https://arxiv.org/abs/2505.04005">arXiv:2505.04005</a></li>
<li>Marchenko, Pastur: Distribution of eigenvalues for some sets of random matrices, 1967</li>
<li>Bai, Silverstein: CLT for linear spectral statistics of large-dimensional sample covariance matrices, 2004</li>
</ul>
`,
  ]);
}

/** All of it under one heading: what NS would lose if the momentum of the study had no structure. */
export function randomStudySection(data: RandomReportData, charts: RandomCharts): Html {
  return section(...RANDOM_IN_STUDY, [
    html`<p>The null model: what Newton-Schulz would lose if momentum had no structure. ${randomStatements(data).join(' ')} The 1/√r
baseline of the laws above is this shift; what they fall beyond it is the momentum's own.</p>
`,
    bullets(data.spectra.warnings),
    html`<h3>Before Newton-Schulz</h3>
`,
    ...before(data, charts),
    html`<h3>After Newton-Schulz</h3>
`,
    ...after(data, charts),
    html`<h3>How the random matrices were made</h3>
`,
    factList(data),
  ]);
}

function keyFigures({ spectra }: RandomReportData): Html {
  const total = spectra.sizes.reduce((sum, { matrices }) => sum + matrices, 0);
  const median = spectra.exponents.find(({ quantile }) => quantile === 0.5);
  const figures: (readonly [value: string, meaning: string])[] = [
    ...(median
      ? [
          [
            decimals((median.exact ?? median).exponent, 3),
            'exponent of the median against the smaller dimension',
          ] as const,
        ]
      : []),
    ...spectra.widths
      .slice(0, 2)
      .map(({ schedule, width }) => [widthText(width), `width from which ${schedule} leaves too much`] as const),
    [String(total), `matrices of ${count(spectra.sizes.length, 'size')}`],
  ];
  return html`<dl class="key">${figures.map(([value, meaning]) => html`<div><dd>${value}</dd><dt>${meaning}</dt></div>`)}</dl>
`;
}

/** Exponents of the charted quantiles: at exactly q, or of the records where those are not known. */
function exponentRange({ exponents }: RandomSpectra): { readonly text: string; readonly quantiles: string } | null {
  const quantiles = chartQuantiles(exponents.map(({ quantile }) => quantile));
  const charted = exponents.filter(({ quantile }) => quantiles.includes(quantile));
  if (charted.length === 0) return null;
  const exact = charted.every((fit) => fit.exact !== null);
  const values = charted.map((fit) => (exact ? fit.exact!.exponent : fit.exponent));
  const [low, high] = [decimals(Math.min(...values), 3), decimals(Math.max(...values), 3)];
  return {
    text: low === high ? low : `${low} to ${high}`,
    quantiles: `${exact ? 'exactly ' : ''}q = ${number(Math.min(...quantiles))} to ${number(Math.max(...quantiles))}`,
  };
}

function before({ spectra }: RandomReportData, { spectrum, scaling }: RandomCharts): Html[] {
  const captions = randomCaptions(spectra);
  return [
    html`<p>With independent entries, r σ² follows the Marchenko-Pastur law of the aspect ratio, r being the smaller dimension: divided by
its Frobenius norm, a larger matrix has the same spectrum shifted down as 1/√r, while the threshold of a schedule stays where it is.</p>
`,
    figure(spectrum, captions.spectrum),
    figure(scaling, captions.scaling),
    exponentTable(spectra),
  ];
}

function after({ spectra }: RandomReportData, { outputs, loss }: RandomCharts): Html[] {
  const captions = randomCaptions(spectra);
  return [figure(outputs, captions.outputs), figure(loss, captions.loss), widthTable(spectra)];
}

function factList({ spectra, entries }: RandomReportData): Html {
  const { made, seed } = spectra;
  const sizes = spectra.sizes.map(({ rows, columns, matrices }) => `${matrices} of ${rows} × ${columns}`);
  const facts: (readonly [string, HtmlValue])[] = [
    ['Entries', entries],
    ['Seed', String(seed)],
    ['Matrices', sizes.join(', ')],
    ['Singular values', 'all of them, exactly: Gram matrix and tridiagonal form in float64'],
  ];
  if (made) {
    facts.unshift(['Command', html`<code class="command">${made.command}</code>`]);
    facts.push(['Time', formatSeconds(made.seconds)], ['Machine', made.machine]);
    const versions = Object.entries(made.versions).map(([name, version]) => `${name} ${version}`);
    facts.push(['Versions', versions.join(', ')]);
  }
  return html`<dl class="facts">${facts.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
`;
}

function widthWords({ width }: ScheduleWidth): string {
  if (width === null) return 'at no width up to 10¹²';
  return width <= 2 ? 'at every width' : `from width ${width} on`;
}
