/**
 * Logs of spectra that were written elsewhere: JSON lines, CSV or Parquet, told apart by content.
 *
 * A recorder that is killed leaves a line cut off, and one that goes on in the same file leaves it in the middle: such lines
 * are no records, and the reader reports them as data.
 */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { FormatError } from '../base/errors.ts';
import { errorCode, fileFailure } from './files.ts';
import type { LogFormat } from './study.ts';
import { parseCsv } from './tables/csv.ts';
import { PARQUET_MAGIC, readParquet } from './tables/parquet.ts';
import { spectrumOfRow } from './tables/spectrumTable.ts';

/** What stands in one place of a log, not validated yet. */
export type LogEntry =
  /** Its numbers may be NaN or infinite. */
  | { readonly kind: 'record'; readonly line: number; readonly record: unknown }
  /** A line that is no whole record. */
  | { readonly kind: 'cut'; readonly line: number };

/** Longest line taken: a spectrum takes about 700 bytes. */
export const LONGEST_LINE: number = 2 ** 20;

/** @throws FormatError if there is no such file, or it is none of the formats */
export function logFormat(path: string): LogFormat {
  requireFile(path);
  const start = firstBytes(path, 4096);
  if (start.subarray(0, 4).toString('latin1') === PARQUET_MAGIC) return 'parquet';
  const text = start.toString('utf8').replace(/^\ufeff/, '');
  if (/^\s*\{/.test(text)) return 'jsonl';
  const [header = ''] = text.split(/\r?\n/);
  if (header.split(',').some((name) => /^"?(?:name|step|values|q0?\.\d+)"?$/.test(name.trim()))) return 'csv';
  throw new FormatError(`${path}: expected spectra as JSON lines, CSV or Parquet, got ${otherContents(start)}`, path);
}

/** Opening a pipe would wait for someone who writes into it. */
function requireFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile() || found.isDirectory()) return; // told when it is read
  throw new FormatError(`${path}: expected a file, got a pipe or device; write it into a file first`, path);
}

/** What a file is that is no log, and what to do. */
function otherContents(start: Buffer): string {
  if (start.length === 0) return 'an empty file; see ingest --help';
  if (start[0] === 0x1f && start[1] === 0x8b) return 'a gzip file; unpack it first, e.g. with gunzip';
  return 'something else; see ingest --help';
}

/** The entries of a log in order; lines count from 1, rows of Parquet as well. */
export async function* readLog(path: string, format: LogFormat): AsyncGenerator<LogEntry, void, undefined> {
  switch (format) {
    case 'jsonl':
      return yield* readLines(path);
    case 'csv':
      return yield* readCsv(path);
    case 'parquet':
      return yield* readRows(path);
    default:
      return format satisfies never;
  }
}

/** A line of JSON, in which NaN and infinite numbers may stand bare, as Python writes them. */
export function parseLine(text: string, line: number): LogEntry {
  const record = parsed(text.replace(/^\ufeff/, ''));
  return record === undefined ? { kind: 'cut', line } : { kind: 'record', line, record };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return /NaN|Infinity/.test(text) ? parsedByPython(text) : undefined;
  }
}

/** Begins a text that stands for a number which JSON does not have. */
const BARE = '\0';

function parsedByPython(text: string): unknown {
  const marked = text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : JSON.stringify(BARE + token),
  );
  try {
    return JSON.parse(marked, (_, value: unknown) =>
      typeof value === 'string' && value.startsWith(BARE) ? Number(value.slice(1)) : value,
    );
  } catch {
    return undefined;
  }
}

async function* readLines(path: string): AsyncGenerator<LogEntry, void, undefined> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line++;
    if (text.trim() !== '') yield parseLine(text, line);
  }
}

async function* readCsv(path: string): AsyncGenerator<LogEntry, void, undefined> {
  const rows = parseCsv(wholeText(path), path);
  for (const { row, line, isShort } of rows)
    yield isShort ? { kind: 'cut', line } : { kind: 'record', line, record: spectrumOfRow(row) };
}

async function* readRows(path: string): AsyncGenerator<LogEntry, void, undefined> {
  let line = 0;
  for await (const row of readParquet(path)) yield { kind: 'record', line: ++line, record: spectrumOfRow(row) };
}

/** Lines without their ends, of a file of any size. @throws FormatError for a line too long to be a record */
async function* linesOf(path: string): AsyncGenerator<string, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  const stream: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: 2 ** 18 });
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, start)) {
      line++;
      yield rest.toString('utf8', start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > LONGEST_LINE)
      throw new FormatError(
        `${path} line ${line + 1}: expected a record of at most ${LONGEST_LINE} bytes, got a longer line; the file is no log of spectra`,
        path,
      );
  }
  if (rest.length > 0) yield rest.toString('utf8');
}

const NEWLINE = 0x0a;

function firstBytes(path: string, length: number): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw readFailure(error, path);
  }
}

function wholeText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw readFailure(error, path);
  }
}

/** A FormatError for a file that is not there or a folder; otherwise as {@link fileFailure}. */
export function readFailure(error: unknown, path: string): unknown {
  if (errorCode(error) === 'ENOENT') return new FormatError(`${path}: there is no such file; check the path`, path);
  if (errorCode(error) === 'EISDIR')
    return new FormatError(`${path}: expected a file, got a folder; name the files in it, or watch it`, path);
  return fileFailure(error, `reading ${path}`, path);
}
