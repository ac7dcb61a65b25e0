/**
 * A spectrum from a file a user made: all singular values, or values at quantiles.
 *
 * - numbers separated by spaces, commas or new lines, or a JSON list of them: all singular values, largest first, any
 *   scale, of a square matrix;
 * - a JSON object with `values` and, unless they are all, `quantiles`; `shape` [m, n] or `rows` and `columns`;
 *   optionally `outlierShare`. A line of spectra.jsonl is one. Values at quantiles are those of X / ||X||_F.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { FormatError, MuonscopeError } from '../base/errors.ts';
import { significant } from '../base/numbers.ts';
import { measuredSpectrum, type QuantileSpectrum, requireQuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';

/** @throws FormatError if the file cannot be read or holds no spectrum: unsorted, negative, NaN, none at all */
export function readSpectrumFile(file: string): QuantileSpectrum {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new FormatError(`spectrum: "${file}" cannot be read (${reason}); give a file with singular values`, file, {
      cause: error,
    });
  }
  return parseSpectrum(text, file);
}

/** {@link readSpectrumFile} of a text that has been read. */
export function parseSpectrum(text: string, file: string): QuantileSpectrum {
  const marked = text.replace(BYTE_ORDER_MARK, '');
  try {
    return /^\s*[[{]/.test(marked) ? fromJson(marked, file) : measured(numbersOf(marked, file), file);
  } catch (error) {
    if (!(error instanceof MuonscopeError) || error instanceof FormatError) throw error;
    throw new FormatError(`${file}: ${error.message}`, file, { cause: error });
  }
}

/** Some editors begin a file with it. */
const BYTE_ORDER_MARK = /^\uFEFF/;

const numbers = z.array(z.number());
const side = z.int().positive();
const recordSchema = z.looseObject({
  values: numbers,
  quantiles: numbers.optional(),
  shape: z.tuple([side, side]).optional(),
  rows: side.optional(),
  columns: side.optional(),
  outlierShare: z.number().optional(),
});

/** What each field of a record must be. */
const EXPECTED: Readonly<Record<string, string>> = {
  values: 'a list of numbers, largest first',
  quantiles: 'a list of numbers, ascending, as many as values',
  shape: '[m, n], two positive integers',
  rows: 'a positive integer',
  columns: 'a positive integer',
  outlierShare: 'a number from 0 to 1',
};

function fromJson(text: string, file: string): QuantileSpectrum {
  const json = parsedJson(text, file);
  if (Array.isArray(json)) return measured(listOf(json, file), file);
  const record = recordSchema.safeParse(json);
  if (!record.success) {
    const field = String(record.error.issues[0]?.path[0] ?? 'values');
    throw new FormatError(`spectrum: ${file} needs "${field}": ${EXPECTED[field]}; see ns design --help`, file);
  }
  const { values, quantiles, shape, outlierShare } = record.data;
  const [rows, columns] = shape ?? [record.data.rows, record.data.columns];
  if (quantiles === undefined) return measured(values, file, rows, columns);
  if (rows === undefined || columns === undefined)
    throw new FormatError(
      `spectrum: ${file} gives quantiles but no "shape": [m, n], from which directions are counted`,
      file,
    );
  const spectrum = { quantiles, values, rows, columns, ...(outlierShare === undefined ? {} : { outlierShare }) };
  requireQuantileSpectrum(spectrum);
  requireUnitNorm(spectrum, file);
  return spectrum;
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const several = /\}\s*\n\s*\{/.test(text);
    const problem = several
      ? 'holds several records; give a file with one of them'
      : 'is no JSON; it is cut off or damaged';
    throw new FormatError(`spectrum: ${file} ${problem}`, file, { cause: error });
  }
}

function listOf(json: readonly unknown[], file: string): readonly number[] {
  const wrong = json.find((value) => typeof value !== 'number');
  if (wrong !== undefined)
    throw new FormatError(`spectrum: ${file} needs a list of numbers, largest first, got ${shown(wrong)} in it`, file);
  return json as readonly number[]; // every value has just been looked at
}

function numbersOf(text: string, file: string): readonly number[] {
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => {
      if (!NUMBER.test(word))
        throw new FormatError(
          `spectrum: ${file} needs numbers separated by spaces, commas or new lines, got ${shown(word)}`,
          file,
        );
      return Number(word);
    });
}

/** A decimal number, or what languages write for one that is none; those are refused by value. */
const NUMBER = /^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|nan|inf(inity)?)$/i;

/** A value as a reader can see it, cut short. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 20 ? text : `${text.slice(0, 20)}...`;
}

/** All singular values; a square matrix unless its sides are given. */
function measured(values: readonly number[], file: string, rows?: number, columns?: number): QuantileSpectrum {
  if (values.length === 0) throw new FormatError(`spectrum: ${file} holds no numbers; give all singular values`, file);
  const [m, n] = [rows ?? values.length, columns ?? values.length];
  if (Math.min(m, n) !== values.length)
    throw new FormatError(
      `spectrum: ${file} has ${values.length} values for a ${m} x ${n} matrix, expected ${Math.min(m, n)}; ` +
        `for values at quantiles add "quantiles"`,
      file,
    );
  return measuredSpectrum(values, m, n);
}

/** Rounding of values written with few digits. */
const NORM_TOLERANCE = 1.05;

/** Between two quantiles there are so many directions of at least the smaller value; their squares add up to at most 1. */
function requireUnitNorm({ quantiles, values, rows, columns }: QuantileSpectrum, file: string): void {
  const r = Math.min(rows, columns);
  const squares = values.reduce((sum, s, i) => sum + r * (quantiles[i]! - (quantiles[i - 1] ?? 0)) * s * s, 0);
  if (squares > NORM_TOLERANCE)
    throw new FormatError(
      `spectrum: the values of ${file} have squares that add up to at least ${significant(squares)}, expected at most 1; ` +
        `divide them by the Frobenius norm`,
      file,
    );
}
