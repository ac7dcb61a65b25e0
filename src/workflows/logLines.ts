/** What the entries of a log are: spectra, and what is left out of it. */
import { FormatError } from '../base/errors.ts';
import type { ScannedSpectrum } from '../spectra/scannedMomentum.ts';
import type { LogEntry } from '../store/logFile.ts';
import { parseForeign } from '../store/records.ts';
import { SPECTRUM_SCHEMA, scannedSpectrumSchema } from '../store/schemas.ts';

export type LogLine =
  | { readonly kind: 'spectrum'; readonly line: number; readonly spectrum: ScannedSpectrum }
  /** A record of another schema. */
  | { readonly kind: 'foreign'; readonly line: number }
  /** No whole record. */
  | { readonly kind: 'cut'; readonly line: number }
  /** A spectrum that holds NaN or an infinite number: `field` says which, e.g. "values[3] (q0.25) is NaN". */
  | { readonly kind: 'not finite'; readonly line: number; readonly field: string };

/** @throws FormatError naming file, line and field of a spectrum that is not as its schema says */
export function logLine(entry: LogEntry, file: string): LogLine {
  const { line } = entry;
  if (entry.kind === 'cut') return { kind: 'cut', line };
  const { record } = entry;
  const schema = schemaOf(record);
  if (schema !== null && !schema.startsWith(SPECTRUM_FAMILY)) return { kind: 'foreign', line };
  const field = notFiniteField(record);
  if (field !== null) return { kind: 'not finite', line, field };
  if (schema === null) throw withoutSchema(record, `${file} line ${line}`, file);
  return {
    kind: 'spectrum',
    line,
    spectrum: parseForeign(record, scannedSpectrumSchema, SPECTRUM_SCHEMA, { file, line, folder: file }),
  };
}

/** Whether a record says that it is a spectrum, of this version or another. */
export function claimsToBeSpectrum(entry: LogEntry): boolean {
  return entry.kind === 'record' && schemaOf(entry.record)?.startsWith(SPECTRUM_FAMILY) === true;
}

const SPECTRUM_FAMILY = 'muonscope.spectrum/';

function schemaOf(record: unknown): string | null {
  const schema = isObject(record) ? Reflect.get(record, 'schema') : undefined;
  return typeof schema === 'string' ? schema : null;
}

/** The first number of a record, or of a list in it, that is not finite; null if there is none. */
function notFiniteField(record: unknown): string | null {
  if (!isObject(record)) return null;
  for (const [name, value] of Object.entries(record)) {
    if (isNotFinite(value)) return `${name} is ${value}`;
    const index = Array.isArray(value) ? value.findIndex(isNotFinite) : -1;
    if (Array.isArray(value) && index >= 0)
      return `${name}[${index}]${quantileAt(record, name, index)} is ${value[index]}`;
  }
  return null;
}

/** " (q0.25)" of a value; empty of anything else. */
function quantileAt(record: object, name: string, index: number): string {
  const quantiles: unknown = name === 'values' ? Reflect.get(record, 'quantiles') : undefined;
  const quantile: unknown = Array.isArray(quantiles) ? quantiles[index] : undefined;
  return typeof quantile === 'number' ? ` (q${quantile})` : '';
}

function isNotFinite(value: unknown): value is number {
  return typeof value === 'number' && !Number.isFinite(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

const NAMED_AT_MOST = 6;

function withoutSchema(record: unknown, where: string, file: string): FormatError {
  const names = isObject(record) && !Array.isArray(record) ? Object.keys(record) : [];
  const fields = names.slice(0, NAMED_AT_MOST).join(', ') + (names.length > NAMED_AT_MOST ? ', ...' : '');
  const got = names.length === 0 ? 'something else' : `one without a schema (its fields: ${fields})`;
  return new FormatError(`${where}: expected a record of ${SPECTRUM_SCHEMA}, got ${got}; see ingest --help`, file);
}
