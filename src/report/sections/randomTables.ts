/** The tables about random matrices: exponents by quantile, widths by schedule. */
import { formatShare } from '../../base/numbers.ts';
import type { RandomSpectra, SizeExponent } from '../../spectra/randomSpectra.ts';
import { type Html, html } from '../html.ts';
import { type Column, table } from '../table.ts';
import { decimals, number } from '../wording.ts';

/** Why there are two columns of exponents. */
const TWO_READINGS = `A record reads the spectrum at a whole position, σ[⌈q r⌉ − 1]. Rounding up matters while few values lie beyond, and a
finite matrix has a surplus there that the limit law lacks: a quarter of a value outside each edge, more or less where entries are not
Gaussian. Theory puts both into one number for these sizes. Read at exactly q, at position q r + ½ + surplus, both are gone, and what
remains is the law's −0.5. Within two values of 0 this theory does not hold, and nothing is given.`;

/** Exponents of the records and at exactly q; nothing with fewer than two sizes. */
export function exponentTable({ exponents, smallestExponent }: RandomSpectra): Html {
  if (exponents.length === 0) return html``;
  const columns: Column[] = [
    { title: 'q' },
    { title: 'σ[⌈q r⌉ − 1], ± 95 %', numeric: true },
    { title: 'By theory at this r', numeric: true },
    { title: 'At exactly q, ± 95 %', numeric: true },
  ];
  const rows = exponents.map(({ quantile, expected, exact, ...record }) => ({
    cells: [number(quantile), exponentCell(record), decimals(expected, 4), exponentCell(exact)],
  }));
  const last = smallestExponent ? [{ cells: ['smallest value', exponentCell(smallestExponent), '–', '–'] }] : [];
  return html`<p>${TWO_READINGS}</p>
${table('Exponents against the smaller dimension; intervals are for the sampling of the matrices', columns, [...rows, ...last])}`;
}

/** From which width each schedule leaves too much behind, by the law and as measured there. */
export function widthTable({ widths, level, share }: RandomSpectra): Html {
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

export function widthText(width: number | null): string {
  if (width === null) return 'none';
  return width <= 2 ? 'every' : String(width);
}

function exponentCell(fit: SizeExponent | null): string {
  if (fit === null) return '–';
  return decimals(fit.exponent, 4) + (fit.high === null ? '' : ` ± ${decimals(fit.high - fit.exponent, 4)}`);
}
