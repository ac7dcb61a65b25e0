/**
 * The central directory of a zip archive: which entries there are, and where.
 *
 * 1. Find the end record, behind it nothing but its own comment; zip64's end record stands before it where there is one.
 * 2. Read the directory, which ends where the end record begins.
 * 3. Refuse what cannot be true: names twice, entries that overlap each other or the directory, sizes no deflate gives.
 *
 * @source PKWARE APPNOTE 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.3
 */
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource } from '../bytes/byteSource.ts';

/** One file of an archive, as the directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated; others are known by number only. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly compressedBytes: number;
  /** Once expanded. */
  readonly byteLength: number;
  readonly crc32: number;
  /** Where its local header begins. */
  readonly begin: number;
  /** Where the next entry, or the directory, begins. */
  readonly end: number;
}

/** Whether a file begins as archives do that were not appended to something else. */
export async function isZip(source: ByteSource): Promise<boolean> {
  if (source.byteLength < END_BYTES) return false;
  const signature = viewOf(await source.slice(0, 4)).getUint32(0, true);
  return signature === LOCAL_SIGNATURE || signature === END_SIGNATURE;
}

/** @throws FormatError if the archive is damaged, or made to deceive */
export async function readZipDirectory(source: ByteSource): Promise<readonly ZipEntry[]> {
  const { begin, end, entries } = await findDirectory(source);
  if (end - begin > MAX_DIRECTORY_BYTES)
    throw refuse(source, `a directory of ${end - begin} bytes, expected at most ${MAX_DIRECTORY_BYTES}`);
  const found = parseDirectory(await source.slice(begin, end), source);
  if (found.length !== entries)
    throw refuse(source, `the directory holds ${found.length} entries where its end record tells ${entries}`);
  const seen = new Set<string>();
  for (const { name } of found) {
    if (seen.has(name)) throw refuse(source, `the entry ${printable(name)} is there twice`);
    seen.add(name);
  }
  return withEnds(found, begin, source);
}

/** First bytes of an entry. */
export const LOCAL_SIGNATURE = 0x04034b50;
/** Bytes of a local header before its name. */
export const LOCAL_BYTES = 30;
/** A field of 32 bits that says: see the zip64 extra field. */
export const IN_ZIP64 = 0xffffffff;

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
/** A quarter of a million tensors. */
const MAX_DIRECTORY_BYTES = 33_554_432;
/** Deflate makes at most 258 bytes of two bits. */
const MAX_DEFLATE_RATIO = 1032;

interface DirectoryPlace {
  readonly begin: number;
  readonly end: number;
  readonly entries: number;
}

async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  const tailBegin = Math.max(0, source.byteLength - END_BYTES - MAX_COMMENT_BYTES);
  const tail = viewOf(await source.slice(tailBegin, source.byteLength));
  let at = tail.byteLength - END_BYTES;
  while (at >= 0 && !isEnd(tail, at)) at--;
  if (at < 0) throw refuse(source, 'its directory at the end is missing');
  const place = (await findZip64(source, tailBegin + at)) ?? {
    begin: tail.getUint32(at + 16, true),
    bytes: tail.getUint32(at + 12, true),
    entries: tail.getUint16(at + 10, true),
    end: tailBegin + at,
  };
  if (place.begin + place.bytes !== place.end)
    throw refuse(
      source,
      `a directory from byte ${place.begin} to ${place.begin + place.bytes}, expected it to end at byte ${place.end}`,
    );
  return place;
}

/** An end record whose comment fills the rest of the file. */
function isEnd(tail: DataView, at: number): boolean {
  return (
    tail.getUint32(at, true) === END_SIGNATURE && at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength
  );
}

async function findZip64(
  source: ByteSource,
  end: number,
): Promise<(DirectoryPlace & { readonly bytes: number }) | null> {
  if (end < LOCATOR_BYTES + END64_BYTES) return null;
  const locator = viewOf(await source.slice(end - LOCATOR_BYTES, end));
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return null;
  const at = uint64(locator, 8);
  if (at + END64_BYTES > end - LOCATOR_BYTES) throw refuse(source, `a zip64 end record at byte ${at} of ${end}`);
  const record = viewOf(await source.slice(at, at + END64_BYTES));
  if (record.getUint32(0, true) !== END64_SIGNATURE) throw refuse(source, `no zip64 end record at byte ${at}`);
  return { begin: uint64(record, 48), bytes: uint64(record, 40), entries: uint64(record, 32), end: at };
}

function parseDirectory(bytes: Uint8Array, source: ByteSource): readonly Omit<ZipEntry, 'end'>[] {
  const view = viewOf(bytes);
  const entries: Omit<ZipEntry, 'end'>[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE)
      throw refuse(source, `its directory is damaged at entry ${entries.length}`);
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) throw refuse(source, `its directory is cut off in entry ${entries.length}`);
    const name = decodeName(bytes.subarray(at + ENTRY_BYTES, nameEnd));
    const sizes = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
    const extra = bytes.subarray(nameEnd, extraEnd);
    const [byteLength, compressedBytes, begin] = widenSizes(sizes, extra, name, source);
    const method = view.getUint16(at + 10, true);
    const entry = { name, method, byteLength, compressedBytes, begin, crc32: view.getUint32(at + 16, true) };
    requireCredible(entry, source);
    entries.push({ ...entry, encrypted: (view.getUint16(at + 8, true) & 1) !== 0 });
    at = next;
  }
  return entries;
}

/**
 * Sizes of 32 bits, or of 64 where the zip64 extra field holds them, in its order.
 *
 * @param sizes expanded, compressed, and, in the directory, the place of the local header
 * @param name the entry's, for messages
 */
export function widenSizes(
  sizes: readonly number[],
  extra: Uint8Array,
  name: string,
  source: ByteSource,
): [byteLength: number, compressedBytes: number, begin: number] {
  const wide = zip64Field(extra);
  let at = 0;
  const [byteLength = 0, compressedBytes = 0, begin = 0] = sizes.map((size) => {
    if (size !== IN_ZIP64) return size;
    if (wide === null || at + 8 > wide.byteLength)
      throw refuse(source, `the entry ${printable(name)} lacks its size of 64 bits`);
    at += 8;
    return uint64(wide, at - 8);
  });
  return [byteLength, compressedBytes, begin];
}

/** The zip64 extra field, or null if there is none. */
function zip64Field(extra: Uint8Array): DataView | null {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && end <= extra.length) return viewOf(extra.subarray(at + 4, end));
  }
  return null;
}

function requireCredible(entry: Omit<ZipEntry, 'end' | 'encrypted'>, source: ByteSource): void {
  const { name, method, byteLength, compressedBytes } = entry;
  if (method === 0 && byteLength !== compressedBytes)
    throw refuse(
      source,
      `the stored entry ${printable(name)} tells two sizes, ${byteLength} and ${compressedBytes} bytes`,
    );
  if (method === 8 && byteLength > MAX_DEFLATE_RATIO * compressedBytes)
    throw refuse(source, `the entry ${printable(name)} cannot expand from ${compressedBytes} to ${byteLength} bytes`);
}

/** Adds where each entry has to end, refusing those that reach beyond. */
function withEnds(
  entries: readonly Omit<ZipEntry, 'end'>[],
  directoryBegin: number,
  source: ByteSource,
): readonly ZipEntry[] {
  const begins = entries.map(({ begin }) => begin).sort((a, b) => a - b);
  // Backwards, so that of entries at one place the first decides, which leaves them no room.
  const nextBegin = new Map(
    begins.map((begin, i): [number, number] => [begin, begins[i + 1] ?? directoryBegin]).reverse(),
  );
  return entries.map((entry) => {
    const end = entry.begin < directoryBegin ? nextBegin.get(entry.begin)! : 0; // each begin was just set
    if (entry.begin + LOCAL_BYTES + entry.compressedBytes > end)
      throw refuse(source, `the entry ${printable(entry.name)} overlaps what follows it`);
    return { ...entry, end };
  });
}

/** Names identify entries and are never used as paths, so a wrong encoding does no harm. */
function decodeName(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Beyond 2^53 it is rounded, which is larger than any file. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

export function refuse(source: ByteSource, problem: string, cause?: unknown): FormatError {
  const options = cause === undefined ? undefined : { cause };
  return new FormatError(`zip: ${problem} (${source.name}); the file is truncated or damaged`, source.name, options);
}
