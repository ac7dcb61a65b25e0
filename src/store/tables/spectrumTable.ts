/**
 * Spectra as a table and back: a column a field, `rows` and `columns` for the shape, a column a quantile ("q0.5").
 *
 * Read back, lists of quantiles and values are taken as well: Parquet files that other tools make of JSON lines hold them.
 */
import type { Spectrum } from '../../spectra/spectrum.ts';
import { SPECTRUM_SCHEMA } from '../schemas.ts';
import type { ColumnType, TableColumn, TableRow } from './table.ts';

type ScalarField = Exclude<keyof Spectrum, 'schema' | 'shape' | 'quantiles' | 'values'>;

/** Fields that are one value, in the order of the columns; shape and quantiles stand between the two groups. */
const IDENTITY: readonly (readonly [ScalarField, ColumnType])[] = [
  ['run', 'text'],
  ['params', 'count'],
  ['nonEmbeddingParams', 'count'],
  ['step', 'count'],
  ['name', 'text'],
  ['role', 'text'],
  ['layer', 'count'],
  ['layers', 'count'],
  ['depth', 'number'],
  ['stage', 'text'],
  ['convention', 'text'],
  ['dtype', 'text'],
];
const MEASURED: readonly (readonly [ScalarField, ColumnType])[] = [
  ['frobenius', 'number'],
  ['spectral', 'number'],
  ['smallest', 'number'],
  ['stableRank', 'number'],
  ['effectiveRank', 'number'],
  ['outlierShare', 'number'],
  ['method', 'text'],
  ['floor', 'number'],
];
const TYPES: ReadonlyMap<string, ColumnType> = new Map([
  ...IDENTITY,
  ...MEASURED,
  ['rows', 'count'],
  ['columns', 'count'],
]);

const QUANTILE_COLUMN = /^q(0?\.\d+|1(?:\.0*)?)$/;

/** Every quantile that some spectrum has is a column. */
export function spectrumTable(spectra: readonly Spectrum[]): readonly TableColumn[] {
  const column = ([name, type]: readonly [ScalarField, ColumnType]): TableColumn => ({
    name,
    type,
    values: spectra.map((spectrum) => spectrum[name]),
  });
  const quantiles = [...new Set(spectra.flatMap((spectrum) => spectrum.quantiles))].sort((a, b) => a - b);
  return [
    ...IDENTITY.map(column),
    { name: 'rows', type: 'count', values: spectra.map(({ shape }) => shape[0]) },
    { name: 'columns', type: 'count', values: spectra.map(({ shape }) => shape[1]) },
    ...quantiles.map(
      (q): TableColumn => ({ name: `q${q}`, type: 'number', values: spectra.map((s) => valueAt(s, q)) }),
    ),
    ...MEASURED.map(column),
  ];
}

/**
 * The record that a row stands for, not validated yet.
 *
 * @param row names and values as a reader gives them; text that should be a number becomes one
 */
export function spectrumOfRow(row: TableRow): Readonly<Record<string, unknown>> {
  const record: Record<string, unknown> = { schema: SPECTRUM_SCHEMA };
  const quantiles: number[] = [];
  const values: unknown[] = [];
  for (const [name, value] of Object.entries(row)) {
    const quantile = QUANTILE_COLUMN.exec(name)?.[1];
    if (quantile === undefined) record[name] = plain(value, TYPES.get(name));
    else if (value !== null && value !== undefined && value !== '') {
      quantiles.push(Number(quantile));
      values.push(plain(value, 'number'));
    }
  }
  const { rows, columns, ...rest } = record;
  return {
    ...rest,
    ...(rows === undefined ? {} : { shape: [rows, columns] }),
    ...(quantiles.length === 0 ? {} : { quantiles, values }),
  };
}

function valueAt({ quantiles, values }: Spectrum, q: number): number | null {
  return values[quantiles.indexOf(q)] ?? null;
}

/** What JSON would hold: numbers for bigints and, where one is due, for text; lists for lists in text. */
function plain(value: unknown, type: ColumnType | undefined): unknown {
  if (value === undefined || value === '') return null;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, undefined));
  if (typeof value !== 'string') return value;
  if (type === 'count' || type === 'number') return numberOf(value.trim());
  return /^\s*\[/.test(value) ? listOf(value) : value;
}

/** The number that a text is, NaN and infinite ones as NumPy and pandas write them; other text is refused by the schema. */
function numberOf(text: string): number | string | null {
  if (text === '') return null;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

function listOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // refused by the schema, with its place
  }
}
