import { formatShare, significant } from '../../base/numbers.ts';
import type { RandomSpectra } from '../../spectra/randomSpectra.ts';
import { formatTable } from '../terminal.ts';

/** Quantile whose values are shown size by size. */
const SHOWN_QUANTILE = 0.5;

/** Sizes with their median, what Marchenko-Pastur says of it, and what the first schedule leaves below the level. */
export function randomSizeTable({ sizes, level }: RandomSpectra, width?: number): string {
  const schedule = sizes[0]?.afterNs[0]?.schedule ?? '';
  return formatTable(
    [
      { title: 'size', align: 'right' },
      { title: 'matrices', align: 'right' },
      { title: 'median', align: 'right' },
      { title: 'Marchenko-Pastur', align: 'right' },
      { title: 'smallest', align: 'right' },
      { title: `below ${level} after ${schedule}`, align: 'right' },
      { title: 'by the law', align: 'right' },
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

/** Exponents of the quantiles and of the smallest value. */
export function randomExponentTable({ exponents, smallestExponent }: RandomSpectra, width?: number): string {
  const interval = (low: number | null, high: number | null): string =>
    low === null || high === null ? '-' : `${signed(low)} to ${signed(high)}`;
  return formatTable(
    [
      { title: 'quantile', align: 'left' },
      { title: 'exponent', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'by the law at these sizes', align: 'right' },
      { title: 'R2', align: 'right' },
    ],
    [
      ...exponents.map(({ quantile, exponent, low, high, expected, r2 }) => [
        String(quantile),
        signed(exponent),
        interval(low, high),
        signed(expected),
        r2.toFixed(5),
      ]),
      ...(smallestExponent
        ? [
            [
              'smallest',
              signed(smallestExponent.exponent),
              interval(smallestExponent.low, smallestExponent.high),
              '-',
              smallestExponent.r2.toFixed(5),
            ],
          ]
        : []),
    ],
    { width },
  );
}

/** From which width each schedule leaves too much behind. */
export function randomWidthTable({ widths, level, share }: RandomSpectra, width?: number): string {
  return formatTable(
    [
      { title: 'schedule', align: 'left' },
      { title: `s for ${level}`, align: 'right' },
      { title: `more than ${formatShare(share)} below from`, align: 'right' },
      { title: 'measured there', align: 'right' },
    ],
    widths.map(({ schedule, threshold, width: from, verified }) => [
      schedule,
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
  return exponent.toFixed(3).replace('-', '−');
}
