/**
 * JSON lines: one record a line, every line ended by a newline.
 *
 * A kill during an append leaves a last line without its newline. That is expected: the line is not a record, and
 * the reader reports it as data. Any other line that is not a valid record means the file was edited or damaged.
 */
import { basename } from 'node:path';
import type { z } from 'zod';
import { readBytes } from './files.ts';
import { damaged, parseRecord } from './records.ts';

/** A last line that was cut off while it was written. */
export interface CutLine {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly bytes: number;
}

export interface JsonLines<T> {
  readonly records: readonly T[];
  /** Byte offset of the end of each record's line: where to cut the file to keep it. Same length as `records`. */
  readonly ends: readonly number[];
  readonly cut: CutLine | null;
}

/**
 * Reads a JSON lines file; a missing one has no records.
 *
 * @param schemaName as in {@link parseRecord}
 * @throws StudyError naming file and line of the first bad record
 */
export function readJsonLines<T>(
  path: string,
  schema: z.ZodType<T>,
  schemaName: string | null,
  folder: string,
): JsonLines<T> {
  const bytes = readBytes(path, folder) ?? Buffer.alloc(0);
  const records: T[] = [];
  const ends: number[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    const place = { file: path, line: records.length + 1, folder };
    records.push(parseRecord(decode(bytes.subarray(start, end), place), schema, schemaName, place));
    start = end + 1;
    ends.push(start);
  }
  const rest = bytes.length - start;
  const cut = rest > 0 ? { file: basename(path), line: records.length + 1, bytes: rest } : null;
  return { records, ends, cut };
}

const NEWLINE = 0x0a;
const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array, place: Parameters<typeof damaged>[0]): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw damaged(place, 'expected UTF-8 text, got other bytes', error);
  }
}
