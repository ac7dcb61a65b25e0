/**
 * Zip archives as torch and NumPy write them: stored entries are windows of the file, deflated ones are expanded as far
 * as they are read.
 */

import { FormatError } from '../../base/errors.ts';
import { formatBytes } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import { windowOf } from '../bytes/byteWindow.ts';
import { requireRange } from '../bytes/range.ts';
import { inflatedSource } from './inflatedSource.ts';
import {
  IN_ZIP64,
  LOCAL_BYTES,
  LOCAL_SIGNATURE,
  readZipDirectory,
  refuse,
  viewOf,
  widenSizes,
  type ZipEntry,
} from './zipDirectory.ts';

export interface ZipArchive {
  /** By name, in the directory's order. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * An entry's contents. Nothing is read before the first slice, which checks the entry's local header as well.
   *
   * @returns null if there is no such entry
   * @throws FormatError if it is encrypted, compressed by another method than deflate, or a zip bomb
   */
  open(name: string): ByteSource | null;
}

/** @throws FormatError if the archive is damaged, or made to deceive */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const entries = new Map((await readZipDirectory(source)).map((entry) => [entry.name, entry]));
  return {
    entries,
    open: (name) => {
      const entry = entries.get(name);
      return entry === undefined ? null : openEntry(source, entry);
    },
  };
}

/** A momentum of zeros shrinks a thousandfold; beyond so many bytes nobody keeps one. */
const BOMB_BYTES = 2 ** 30;
const BOMB_RATIO = 100;

function openEntry(source: ByteSource, entry: ZipEntry): ByteSource {
  const { method, byteLength, compressedBytes, encrypted } = entry;
  const name = `${source.name}: ${printable(entry.name)}`;
  const remedy = 'save the file without compression and encryption';
  if (encrypted) throw new FormatError(`${name}: expected plain contents, got encrypted ones; ${remedy}`, source.name);
  if (method === 0) return locatedSource(source, entry, name);
  if (method !== 8)
    throw new FormatError(`${name}: expected it stored or deflated, got zip method ${method}; ${remedy}`, source.name);
  if (byteLength > BOMB_BYTES && byteLength > BOMB_RATIO * compressedBytes)
    throw new FormatError(
      `${name}: expected at most ${formatBytes(BOMB_BYTES)} of ${formatBytes(compressedBytes)} compressed, got ${formatBytes(byteLength)}, a zip bomb; ${remedy}`,
      source.name,
    );
  return inflatedSource(locatedSource(source, entry, name), byteLength, entry.crc32);
}

/** The bytes of an entry as they are stored, which begin behind its local header. */
function locatedSource(source: ByteSource, entry: ZipEntry, name: string): ByteSource {
  const byteLength = entry.compressedBytes;
  let located: Promise<ByteSource> | null = null;
  return {
    name,
    byteLength,
    slice: async (start, end) => {
      requireRange({ name, byteLength }, start, end);
      located ??= locate(source, entry, name);
      return await (await located).slice(start, end);
    },
    close: async () => {},
  };
}

/** @throws FormatError if the local header is not the directory's entry, or its data reaches into the next one */
async function locate(source: ByteSource, entry: ZipEntry, name: string): Promise<ByteSource> {
  const guess = LOCAL_BYTES + 3 * entry.name.length + USUAL_EXTRA_BYTES; // at most three bytes a character
  const head = await source.slice(entry.begin, Math.min(entry.begin + guess, entry.end));
  const view = viewOf(head);
  const nameEnd = LOCAL_BYTES + view.getUint16(26, true);
  const extraEnd = nameEnd + view.getUint16(28, true);
  const begin = entry.begin + extraEnd;
  const where = `the entry ${printable(entry.name)}`;
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) throw refuse(source, `${where} has no header of its own`);
  if (begin + entry.compressedBytes > entry.end) throw refuse(source, `${where} overlaps what follows it`);
  const header = extraEnd <= head.length ? head : await source.slice(entry.begin, begin);
  const localName = new TextDecoder().decode(header.subarray(LOCAL_BYTES, nameEnd));
  if (localName !== entry.name || view.getUint16(8, true) !== entry.method)
    throw refuse(source, `${where} is another one by its own header, ${printable(localName)}`);
  requireSameSizes(view, header.subarray(nameEnd, extraEnd), entry, where, source);
  return windowOf(source, name, begin, begin + entry.compressedBytes);
}

/** Sizes of 64 bits, and what torch puts before storages to align them to 64 bytes. */
const USUAL_EXTRA_BYTES = 128;

/** Sizes that follow the data are 0 in the header, or all ones: then the directory alone tells them. */
function requireSameSizes(
  header: DataView,
  extra: Uint8Array,
  { byteLength, compressedBytes }: ZipEntry,
  where: string,
  source: ByteSource,
): void {
  const sizesFollow = (header.getUint16(6, true) & 8) !== 0;
  const local = [header.getUint32(22, true), header.getUint32(18, true)];
  if (sizesFollow && local.every((size) => size === 0 || size === IN_ZIP64)) return;
  const [localLength, localCompressed] = widenSizes(local, extra, where, source);
  if (localLength !== byteLength || localCompressed !== compressedBytes)
    throw refuse(source, `${where} has ${byteLength} bytes by the directory and ${localLength} by its own header`);
}
