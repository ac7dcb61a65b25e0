/**
 * JSON lines of a file that another process appends to.
 *
 * Whole lines are taken, once each; the last one waits until its newline is written. A file that has become shorter, or
 * holds other bytes before the place that was reached, was begun anew and is read from its beginning.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { LONGEST_LINE, type LogEntry, parseLine, readFailure } from './logFile.ts';

/** How far a file has been read. */
export interface LogPosition {
  readonly byte: number;
  /** Lines before it. */
  readonly line: number;
  /** The last bytes before it, by which a file that was begun anew is told. */
  readonly before: Buffer;
  /** Whether it lies within a line that is too long, and was told to be. */
  readonly isInLongLine: boolean;
}

/** What has come since. */
export interface NewLines {
  /** A line too long to be a record is a cut one. */
  readonly entries: readonly LogEntry[];
  readonly position: LogPosition;
  /** Whether the file was begun anew, and the entries are from its beginning. */
  readonly isBegunAnew: boolean;
  /** Whether more has been written than was taken in one go. */
  readonly hasMore: boolean;
}

export const LOG_START: LogPosition = { byte: 0, line: 0, before: Buffer.alloc(0), isInLongLine: false };

/** Bytes taken in one go. */
const PORTION = 4 * 2 ** 20;
/** Bytes compared on coming back: several lines, of which the steps differ. */
const COMPARED = 4096;
const NEWLINE = 0x0a;

/**
 * The whole lines after `position`, as far as they fit in one go.
 *
 * @param options.portion bytes taken in one go, more than `longestLine`
 * @throws FormatError if there is no such file
 */
export function readNewLines(
  path: string,
  position: LogPosition,
  { portion = PORTION, longestLine = LONGEST_LINE }: { readonly portion?: number; readonly longestLine?: number } = {},
): NewLines {
  const { bytes, size } = bytesAt(path, position.byte - position.before.length, portion);
  if (size < position.byte || !bytes.subarray(0, position.before.length).equals(position.before))
    return { ...readNewLines(path, LOG_START, { portion, longestLine }), isBegunAnew: true };
  const news = bytes.subarray(position.before.length);
  const entries: LogEntry[] = [];
  let { line, isInLongLine } = position;
  let start = 0;
  for (let end = news.indexOf(NEWLINE); end >= 0; end = news.indexOf(NEWLINE, start)) {
    line++;
    const text = end - start > longestLine ? null : news.toString('utf8', start, end);
    if (!isInLongLine && text?.trim() !== '')
      entries.push(text === null ? { kind: 'cut', line } : parseLine(text, line));
    isInLongLine = false;
    start = end + 1;
  }
  if (news.length - start > longestLine) {
    if (!isInLongLine) entries.push({ kind: 'cut', line: line + 1 });
    isInLongLine = true;
    start = news.length;
  }
  const before = Buffer.from(bytes.subarray(0, position.before.length + start).subarray(-COMPARED));
  const byte = position.byte + start;
  const hasMore = start > 0 && position.byte + news.length < size;
  return { entries, position: { byte, line, before, isInLongLine }, isBegunAnew: false, hasMore };
}

/** Up to `portion` bytes after `start`, with the bytes compared, and the size of the file. */
function bytesAt(path: string, start: number, portion: number): { readonly bytes: Buffer; readonly size: number } {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.max(0, Math.min(size - start, portion + COMPARED)));
      return { bytes: bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start)), size };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw readFailure(error, path);
  }
}
