import { formatCount, significant } from '../../base/numbers.ts';
import type { Law, LawsDocument, PooledLaw } from '../../scaling/law.ts';
import { type Column, formatTable } from '../terminal.ts';
import type { Legend } from './legend.ts';

/** The median: the direction that the planner keeps unless told otherwise. */
export const SHOWN_QUANTILE = 0.5;

/** A narrower terminal has no room for the interval of a forecast. */
const FULL_WIDTH = 88;

/** What every table of laws shows. */
export const LAW_SUBJECT = 'Singular values of M/||M||_F fall with model size as params^-exponent.';

/** What the columns of {@link lawTable} are. @param params of the forecast, if there is one */
export function lawLegend(quantile: number, params?: number): Legend {
  return [
    ['exponent', 'all quantiles pooled, with its 95 % interval'],
    [`q=${quantile}`, 'the exponent of this quantile alone, as are the columns after it'],
    R2,
    ...(params === undefined
      ? [['1/sqrt(r)', 'the exponent that the width of the model alone would give'] as const]
      : []),
    HELD_OUT,
    ...(params === undefined ? [] : [forecastOf(params)]),
    FIT,
  ];
}

/** What the columns of {@link quantileTable} are. */
export function quantileLegend(params?: number): Legend {
  return [
    ['q', 'quantile of the descending spectrum: 0.1 is large, 0.9 is small'],
    ['exponent', 'with its 95 % interval'],
    R2,
    HELD_OUT,
    ...(params === undefined ? [] : [forecastOf(params)]),
    FIT,
  ];
}

const R2 = ['R2', 'share of the variation that the law explains'] as const;
const HELD_OUT = ['held out', 'error at the largest size of a fit without that size'] as const;
const FIT = ['fit', 'flat, poor or curved, where it is; the notes say more'] as const;

function forecastOf(params: number): Legend[number] {
  return [`at ${formatCount(params)}`, 'the singular value forecast for a model of that size'];
}

/** Pooled exponents by role and depth, with the law of one quantile beside each. */
export function lawTable(
  { laws, pooled }: LawsDocument,
  { quantile = SHOWN_QUANTILE, width }: { readonly quantile?: number; readonly width?: number | undefined } = {},
): string {
  const rows = pooled.map((pool) => ({ pool, law: lawOf(laws, pool, quantile) }));
  const forecast = forecastColumns(laws, width);
  return formatTable(
    [
      { title: 'role', align: 'left' },
      { title: 'depth', align: 'right' },
      { title: 'exponent', align: 'right' },
      { title: `q=${quantile}`, align: 'right' },
      { title: 'R2', align: 'right' },
      ...(forecast ? [] : [BASELINE]),
      { title: 'held out', align: 'right' },
      ...(forecast?.columns ?? []),
      { title: 'fit', align: 'left' },
    ],
    rows.map(({ pool, law }) => [
      pool.role,
      significant(pool.depth, 3),
      exponentOf(pool),
      law ? law.exponent.toFixed(2) : '-',
      law ? law.r2.toFixed(2) : '-',
      ...(forecast ? [] : [law?.baselineExponent == null ? '-' : law.baselineExponent.toFixed(2)]),
      law ? heldOutOf(law) : '-',
      ...(forecast?.cells(law) ?? []),
      law ? flawsOf(law) : '',
    ]),
    { width },
  );
}

/** Every law, one a line. */
export function quantileTable({ laws }: LawsDocument, width?: number): string {
  const forecast = forecastColumns(laws, width);
  return formatTable(
    [
      { title: 'role', align: 'left' },
      { title: 'depth', align: 'right' },
      { title: 'q', align: 'right' },
      { title: 'exponent', align: 'right' },
      { title: 'R2', align: 'right' },
      { title: 'held out', align: 'right' },
      ...(forecast?.columns ?? []),
      { title: 'fit', align: 'left' },
    ],
    laws.map((law) => [
      law.role,
      significant(law.depth, 3),
      String(law.quantile),
      exponentOf(law),
      law.r2.toFixed(2),
      heldOutOf(law),
      ...(forecast?.cells(law) ?? []),
      flawsOf(law),
    ]),
    { width },
  );
}

const BASELINE: Column = { title: '1/sqrt(r)', align: 'right' };

/** null for laws without a forecast. */
function forecastColumns(
  laws: readonly Law[],
  width: number | undefined,
): { readonly columns: readonly Column[]; readonly cells: (law: Law | undefined) => readonly string[] } | null {
  const params = laws.find(({ forecast }) => forecast)?.forecast?.params;
  if (params === undefined) return null;
  const full = width === undefined || width >= FULL_WIDTH;
  return {
    columns: [
      { title: `at ${formatCount(params)}`, align: 'right' },
      ...(full ? [{ title: '95 % interval', align: 'right' } as const] : []),
    ],
    cells: (law) => {
      if (!law?.forecast) return full ? ['-', '-'] : ['-'];
      const { value, low, high } = law.forecast;
      return [value.toExponential(2), ...(full ? [`${low.toExponential(1)} to ${high.toExponential(1)}`] : [])];
    },
  };
}

function lawOf(laws: readonly Law[], { role, depth }: PooledLaw, quantile: number): Law | undefined {
  return laws.find((law) => law.role === role && law.depth === depth && law.quantile === quantile);
}

/** Intervals of exponents are symmetric. */
function exponentOf({ exponent, high }: Pick<Law, 'exponent' | 'high'>): string {
  return `${exponent.toFixed(2)} ± ${(high - exponent).toFixed(2)}`;
}

/** The kinds of warnings on the shape of a law, in a word. */
const FLAWS: readonly (readonly [warning: string, word: string])[] = [
  ['no dependence on size', 'flat'],
  ['poorly fitted', 'poor'],
  ['curved', 'curved'],
];

function flawsOf({ warnings }: Law): string {
  const found = FLAWS.filter(([kind]) => warnings.some((warning) => warning.startsWith(kind)));
  return found.map(([, word]) => word).join(', ');
}

function heldOutOf({ heldOut }: Law): string {
  if (!heldOut) return '-';
  const percent = Math.round(100 * (heldOut.predicted / heldOut.actual - 1));
  return percent === 0 ? '0 %' : `${percent > 0 ? '+' : '-'}${Math.abs(percent)} %`;
}
