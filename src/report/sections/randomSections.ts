/** The sections of the page about random matrices: key figures, before NS, after it, how it was made. */
import { formatSeconds, formatShare } from '../../base/numbers.ts';
import type { RandomSpectra, ScheduleWidth } from '../../spectra/randomSpectra.ts';
import type { Chart } from '../charts/chart.ts';
import { bullets, figure, section } from '../figure.ts';
import { type Html, type HtmlValue, html } from '../html.ts';
import type { RandomReportData } from '../randomReportData.ts';
import { type Column, table } from '../table.ts';
import { count, decimals, number, percent } from '../wording.ts';

/** Ids and titles, in order. */
export const RANDOM_CONTENTS: readonly (readonly [string, string])[] = [
  ['answer', 'The answer'],
  ['before', 'Before Newton-Schulz'],
  ['after', 'After Newton-Schulz'],
  ['method', 'How it was made'],
];

const HARD_EDGE =
  'Square matrices of finite size have slightly more values near 0 than the limit law, up to a quarter of a direction, so points lie above the lines where few directions are lost.';

/** What the experiment found, in sentences. */
export function randomStatements({ spectra, entries }: RandomReportData): string[] {
  const { sizes, exponents, level, share, widths } = spectra;
  const median = exponents.find(({ quantile }) => quantile === 0.5);
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (!first || !last) return [];
  const interval =
    median && median.low !== null && median.high !== null
      ? ` (95 % interval ${decimals(median.low, 3)} to ${decimals(median.high, 3)})`
      : '';
  const slope = median
    ? [
        `The median singular value of X/‖X‖_F of matrices with independent ${entries} entries changes as the smaller dimension to the power ${decimals(median.exponent, 3)}${interval} between ${first.rows} and ${last.rows}; Marchenko-Pastur says −0.5.`,
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

export function randomAnswerSection({ spectra }: RandomReportData): Html {
  const total = spectra.sizes.reduce((sum, { matrices }) => sum + matrices, 0);
  const figures: (readonly [value: string, meaning: string])[] = [
    ...(spectra.exponent === null
      ? []
      : [[decimals(spectra.exponent, 3), 'exponent of the median against the smaller dimension'] as const]),
    ...spectra.widths
      .slice(0, 2)
      .map(({ schedule, width }) => [widthText(width), `width from which ${schedule} leaves too much`] as const),
    [String(total), `matrices of ${count(spectra.sizes.length, 'size')}`],
  ];
  return section('answer', 'The answer', [
    html`<dl class="key">${figures.map(([value, meaning]) => html`<div><dd>${value}</dd><dt>${meaning}</dt></div>`)}</dl>
`,
    bullets(spectra.warnings),
  ]);
}

export function randomBeforeSection(
  { spectra }: RandomReportData,
  spectrum: Chart | null,
  scaling: Chart | null,
): Html {
  return section('before', 'Before Newton-Schulz', [
    html`<p>With independent entries, r σ² follows the Marchenko-Pastur law of the aspect ratio, r being the smaller dimension: divided by
its Frobenius norm, a larger matrix has the same spectrum shifted down as 1/√r, while the threshold of a schedule stays where it is.</p>
`,
    figure(spectrum, 'Bars are measured, lines the law. What lies left of a threshold is lost.'),
    figure(
      scaling,
      'Points are means over matrices, lines the law at the same quantile; the numbers are fitted exponents. The law has no smallest value: for square matrices it shrinks as r to the power −3/2.',
    ),
    exponentTable(spectra),
  ]);
}

export function randomAfterSection({ spectra }: RandomReportData, outputs: Chart | null, loss: Chart | null): Html {
  return section('after', 'After Newton-Schulz', [
    figure(
      outputs,
      `What came in below the threshold of a schedule lies left of ${number(spectra.level)}; its share stands in the corner.`,
    ),
    figure(loss, [
      `The dotted line is ${formatShare(spectra.share)}; where a curve crosses it is the width in the table.`,
      spectra.aspect === 1 ? ` ${HARD_EDGE}` : '',
    ]),
    widthTable(spectra),
  ]);
}

export function randomMethodSection({ spectra, entries, command, seconds, machine, versions }: RandomReportData): Html {
  const sizes = spectra.sizes.map(({ rows, columns, matrices }) => `${matrices} of ${rows} × ${columns}`);
  const facts: (readonly [string, HtmlValue])[] = [
    ['Command', html`<code class="command">${command}</code>`],
    ['Entries', entries],
    ['Seed', String(spectra.seed)],
    ['Matrices', sizes.join(', ')],
    ['Singular values', 'all of them, exactly: Gram matrix and tridiagonal form in float64'],
    ['Time', formatSeconds(seconds)],
    ['Machine', machine],
    [
      'Versions',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ];
  return section('method', 'How it was made', [
    html`<dl class="facts">${facts.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
<h3>Sources</h3>
<ul class="sources">
<li>Selvaraj: Iterative Orthogonalization Scaling Laws, <a href="https://arxiv.org/abs/2505.04005">arXiv:2505.04005</a></li>
<li>Marchenko, Pastur: Distribution of eigenvalues for some sets of random matrices, 1967</li>
</ul>
`,
  ]);
}

function exponentTable({ exponents, smallestExponent }: RandomSpectra): Html {
  if (exponents.length === 0) return html``;
  const columns: Column[] = [
    { title: 'q' },
    { title: 'Exponent', numeric: true },
    { title: '95 % interval', numeric: true },
    { title: 'By the law at this r', numeric: true },
    { title: 'R²', numeric: true },
  ];
  const interval = (low: number | null, high: number | null): string =>
    low === null ? '–' : `${decimals(low, 3)} to ${decimals(high, 3)}`;
  const rows = exponents.map(({ quantile, exponent, low, high, expected, r2 }) => ({
    cells: [number(quantile), decimals(exponent, 3), interval(low, high), decimals(expected, 3), decimals(r2, 5)],
  }));
  const last = smallestExponent
    ? [
        {
          cells: [
            'smallest value',
            decimals(smallestExponent.exponent, 3),
            interval(smallestExponent.low, smallestExponent.high),
            '–',
            decimals(smallestExponent.r2, 5),
          ],
        },
      ]
    : [];
  return table(
    'Exponents against the smaller dimension; the law at this r takes the rounding of ceil(q r) into account',
    columns,
    [...rows, ...last],
  );
}

function widthTable({ widths, level, share }: RandomSpectra): Html {
  const columns: Column[] = [
    { title: 'Schedule' },
    { title: `σ for output ${number(level)}`, numeric: true },
    { title: `Width with more than ${formatShare(share)} below`, numeric: true },
    { title: 'Measured there [95 %]', numeric: true },
    { title: 'Matrices', numeric: true },
  ];
  const rows = widths.map(({ schedule, threshold, width, verified }) => ({
    cells: [
      schedule,
      number(threshold),
      widthText(width),
      verified
        ? `${decimals(100 * verified.below)} % [${decimals(100 * verified.low)}, ${decimals(100 * verified.high)}]`
        : '–',
      verified ? verified.matrices : '–',
    ],
  }));
  return table(
    'Smaller dimension from which a schedule leaves too much behind, by the law and as measured',
    columns,
    rows,
  );
}

function widthText(width: number | null): string {
  if (width === null) return 'none';
  return width <= 2 ? 'every' : String(width);
}

function widthWords({ width }: ScheduleWidth): string {
  if (width === null) return 'at no width up to 10¹²';
  return width <= 2 ? 'at every width' : `from width ${width} on`;
}
