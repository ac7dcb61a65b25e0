/** Tables as CSV (RFC 4180): a header, a row a line, nothing where a row has no value. */
import { csvFormatRows, csvParseRows } from 'd3-dsv';
import { FormatError } from '../../base/errors.ts';
import type { TableColumn, TableRow } from './table.ts';

/** Longer texts cannot be held as one string by every Node. */
const MOST_BYTES = 256 * 2 ** 20;

/** Ends with a newline. Numbers are written to the last digit. */
export function formatCsv(columns: readonly TableColumn[]): string {
  const rows = columns[0]?.values.map((_, i) => columns.map(({ values }) => textOf(values[i] ?? null))) ?? [];
  return `${csvFormatRows([columns.map(({ name }) => name), ...rows])}\n`;
}

/** A row of a CSV file and the line it stands in, if no value before it holds a line break; the header is line 1. */
export interface CsvRow {
  readonly row: TableRow;
  readonly line: number;
  /** Whether the row ends before its last column: a file that was cut off. */
  readonly isShort: boolean;
}

/**
 * @throws FormatError if the text is too long or has a name twice in its header
 */
export function parseCsv(text: string, file: string): readonly CsvRow[] {
  if (text.length > MOST_BYTES)
    throw new FormatError(
      `csv: expected at most ${MOST_BYTES} characters, got ${text.length} (${file}); split the file`,
      file,
    );
  const [header = [], ...rows] = csvParseRows(text.replace(/^\ufeff/, ''));
  const names = header.map((name) => name.trim());
  const again = names.find((name, i) => names.indexOf(name) < i);
  if (again !== undefined)
    throw new FormatError(`csv: expected every column to have a name of its own, got "${again}" twice (${file})`, file);
  return rows
    .map((cells, i) => ({
      row: Object.fromEntries(names.map((name, k) => [name, cells[k]?.replace(GUARD, '')])),
      line: i + 2,
      isShort: cells.length < names.length,
      isEmpty: cells.length === 1 && cells[0] === '',
    }))
    .filter(({ isEmpty }) => !isEmpty);
}

/** Stands before text that a spreadsheet would run as a formula; names come from other people's files. */
const GUARD = /^'(?=[=+\-@\t\r])/;

function textOf(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}
