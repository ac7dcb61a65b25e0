import { formatShare, significant } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { RandomSpectra, SizeExponent } from '../../spectra/randomSpectra.ts';
import { formatTable } from '../terminal.ts';

/** Quantile whose values are shown size by size. */
const SHOWN_QUANTILE = 0.5;

/** What the columns of {@link randomSizeTable} are. */
export function sizeLegend({ sizes, level }: RandomSpectra): string {
  const schedule = printable(sizes[0]?.afterNs[0]?.schedule ?? '');
  return (
    'means over matrices of singular values sigma of X / ||X||_F; ' +
    `below ${level}: directions that ${schedule} leaves there; by law: Marchenko-Pastur`
  );
}

/** Sizes with their median, what Marchenko-Pastur says of it, and what the first schedule leaves below the level. */
export function randomSizeTable({ sizes, level }: RandomSpectra, width?: number): string {
  return formatTable(
    [
      { title: 'size', align: 'right' },
      { title: 'matrices', align: 'right' },
      { title: 'median', align: 'right' },
      { title: 'by law', align: 'right' },
      { title: 'smallest', align: 'right' },
      { title: `below ${level}`, align: 'right' },
      { title: 'by law', align: 'right' },
    ],
    sizes.map(({ rows, columns, matrices, quantiles, values, marchenkoPastur, smallest, afterNs }) => {
      const i = quantiles.indexOf(SHOWN_QUANTILE);
      const after = afterNs[0];
      return [
        `${rows} x ${columns}`,
        String(matrices),
        significant(values[i] ?? Number.NaN, 4),
        significant(marchenkoPastur[i] ?? Number.NaN, 4),
        significant(smallest, 3),
        after ? formatShare(after.below) : '-',
        after ? formatShare(after.expectedBelow) : '-',
      ];
    }),
    { width },
  );
}

/** What the two kinds of exponents are. */
export const EXPONENT_LEGEND =
  'slope of ln(sigma) against ln(r), r the smaller dimension, ± 95 %. Recorded: of sigma[ceil(q r) - 1], at a whole position; by theory: what rounding up and the surplus of finite matrices near the edges make of -0.5 at these sizes; at exactly q: both taken out';

/** Exponents of the quantiles, as recorded and at exactly q, and of the smallest value. */
export function randomExponentTable({ exponents, smallestExponent }: RandomSpectra, width?: number): string {
  return formatTable(
    [
      { title: 'quantile', align: 'left' },
      { title: 'recorded', align: 'right' },
      { title: 'by theory', align: 'right' },
      { title: 'at exactly q', align: 'right' },
    ],
    [
      ...exponents.map(({ quantile, expected, exact, ...record }) => [
        String(quantile),
        exponentCell(record),
        signed(expected),
        exponentCell(exact),
      ]),
      ...(smallestExponent ? [['smallest', exponentCell(smallestExponent), '-', '-']] : []),
    ],
    { width },
  );
}

function exponentCell(fit: SizeExponent | null): string {
  if (fit === null) return '-';
  return signed(fit.exponent) + (fit.high === null ? '' : ` ± ${(fit.high - fit.exponent).toFixed(4)}`);
}

/** What the columns of {@link randomWidthTable} are. */
export function widthLegend({ level, share }: RandomSpectra): string {
  return (
    `sigma for ${level}: smallest singular value whose output reaches ${level}; width: smaller dimension from which more than ` +
    `${formatShare(share)} of the directions stay below, by law, and the share in matrices of that width [95 %]`
  );
}

/** From which width each schedule leaves too much behind. */
export function randomWidthTable({ widths, level, share }: RandomSpectra, width?: number): string {
  return formatTable(
    [
      { title: 'schedule', align: 'left' },
      { title: `sigma for ${level}`, align: 'right' },
      { title: `over ${formatShare(share)} from width`, align: 'right' },
      { title: 'measured there', align: 'right' },
    ],
    widths.map(({ schedule, threshold, width: from, verified }) => [
      printable(schedule),
      threshold === null ? 'never' : significant(threshold, 3),
      from === null ? 'no width' : from <= 2 ? 'every width' : String(from),
      verified
        ? `${(100 * verified.below).toFixed(2)} % [${(100 * verified.low).toFixed(2)}, ${(100 * verified.high).toFixed(2)}]`
        : '-',
    ]),
    { width },
  );
}

function signed(exponent: number): string {
  return exponent.toFixed(4).replace('-', '−');
}
