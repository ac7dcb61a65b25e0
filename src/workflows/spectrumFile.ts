/**
 * A spectrum from a file a user made: all singular values, or values at quantiles.
 *
 * - numbers separated by spaces, commas or new lines, or a JSON list of them: all singular values, largest first, any
 *   scale, of a square matrix;
 * - a JSON object with `values` and, unless they are all, `quantiles`; `shape` [m, n] or `rows` and `columns`;
 *   optionally `outlierShare`. A line of spectra.jsonl is one.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { FormatError, MuonscopeError } from '../base/errors.ts';
import { measuredSpectrum, type QuantileSpectrum, requireQuantileSpectrum } from '../newtonSchulz/quantileSpectrum.ts';

/** @throws FormatError if the file cannot be read or holds no spectrum: unsorted, negative, NaN, none at all */
export function readSpectrumFile(file: string): QuantileSpectrum {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new FormatError(`spectrum: ${file} cannot be read (${reason}); give a file with singular values`, file, {
      cause: error,
    });
  }
  return parseSpectrum(text, file);
}

/** {@link readSpectrumFile} of a text that has been read. */
export function parseSpectrum(text: string, file: string): QuantileSpectrum {
  try {
    return /^\s*[[{]/.test(text) ? fromJson(text, file) : measured(numbersOf(text));
  } catch (error) {
    if (!(error instanceof MuonscopeError) || error instanceof FormatError) throw error;
    throw new FormatError(`${file}: ${error.message}`, file, { cause: error });
  }
}

const numbers = z.array(z.number());
const recordSchema = z.looseObject({
  values: numbers,
  quantiles: numbers.optional(),
  shape: z.tuple([z.number(), z.number()]).optional(),
  rows: z.number().optional(),
  columns: z.number().optional(),
  outlierShare: z.number().optional(),
});

function fromJson(text: string, file: string): QuantileSpectrum {
  const json = parsedJson(text, file);
  const list = numbers.safeParse(json);
  if (list.success) return measured(list.data);
  const record = recordSchema.safeParse(json);
  if (!record.success)
    throw new FormatError(
      `spectrum: ${file} needs "values", a list of numbers, largest first; see ns design --help`,
      file,
    );
  const { values, quantiles, shape, outlierShare } = record.data;
  const [rows, columns] = shape ?? [record.data.rows, record.data.columns];
  if (quantiles === undefined) return measuredSpectrum(values, rows ?? values.length, columns ?? values.length);
  if (rows === undefined || columns === undefined)
    throw new FormatError(
      `spectrum: ${file} gives quantiles but no "shape": [m, n], from which directions are counted`,
      file,
    );
  const spectrum = { quantiles, values, rows, columns, ...(outlierShare === undefined ? {} : { outlierShare }) };
  requireQuantileSpectrum(spectrum);
  return spectrum;
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const several = text.trim().includes('\n{');
    const problem = several ? 'holds several records; give a file with one' : 'is no JSON; it is cut off or damaged';
    throw new FormatError(`spectrum: ${file} ${problem}`, file, { cause: error });
  }
}

function measured(values: readonly number[]): QuantileSpectrum {
  return measuredSpectrum(values, values.length, values.length);
}

function numbersOf(text: string): readonly number[] {
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(Number);
}
