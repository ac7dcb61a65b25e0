/** Zip archives made by hand, honest or lying in any field. */
import { crc32, deflateRawSync } from 'node:zlib';

/** Fields of an entry as they are written; what is left out is true. */
export interface MadeEntry {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflate?: boolean;
  readonly method?: number;
  readonly flags?: number;
  /** In the directory. */
  readonly byteLength?: number;
  readonly compressedBytes?: number;
  readonly crc32?: number;
  readonly begin?: number;
  /** In the local header. */
  readonly localName?: string;
  readonly localMethod?: number;
  readonly localByteLength?: number;
  readonly localExtraBytes?: number;
  readonly localSignature?: number;
}

export interface MadeArchive {
  readonly zip64?: boolean;
  readonly comment?: Uint8Array;
  readonly before?: Uint8Array;
  readonly entries?: number;
  readonly directoryBytes?: number;
  readonly directoryBegin?: number;
}

/** @param archive what the end record says, where it is not the truth */
export function makeZip(entries: readonly MadeEntry[], archive: MadeArchive = {}): Uint8Array<ArrayBuffer> {
  const { zip64 = false, comment = new Uint8Array(0), before = new Uint8Array(0) } = archive;
  const files: Uint8Array[] = [before];
  const directory: Uint8Array[] = [];
  let begin = before.length;
  for (const entry of entries) {
    const data = entry.deflate ? deflateRawSync(entry.data) : entry.data;
    const local = localHeader(entry, data, zip64);
    files.push(local, data);
    directory.push(directoryEntry(entry, data, begin, zip64));
    begin += local.length + data.length;
  }
  const bytes = directory.reduce((sum, { length }) => sum + length, 0);
  const told = {
    entries: archive.entries ?? entries.length,
    bytes: archive.directoryBytes ?? bytes,
    begin: archive.directoryBegin ?? begin,
  };
  const end = endRecords(told, begin + bytes, zip64, comment);
  return new Uint8Array(Buffer.concat([...files, ...directory, end]));
}

/** Little-endian fields of the given sizes in bytes. */
export function fields(...values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of values) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

const ALL_ONES = 0xffffffff;
/** UTF-8 names. */
const FLAGS = 0x800;

export function localHeader(entry: MadeEntry, data: Uint8Array, zip64: boolean): Uint8Array {
  const name = new TextEncoder().encode(entry.localName ?? entry.name);
  const length = entry.localByteLength ?? entry.byteLength ?? entry.data.length;
  const compressed = entry.compressedBytes ?? data.length;
  const extra = zip64 ? fields([2, 1], [2, 16], [8, length], [8, compressed]) : new Uint8Array(0);
  const padding = new Uint8Array(entry.localExtraBytes ?? 0);
  return Buffer.concat([
    fields(
      [4, entry.localSignature ?? 0x04034b50],
      [2, 20],
      [2, FLAGS | (entry.flags ?? 0)],
      [2, entry.localMethod ?? entry.method ?? (entry.deflate ? 8 : 0)],
      [4, 0],
      [4, entry.crc32 ?? crc32(entry.data)],
      [4, zip64 ? ALL_ONES : compressed],
      [4, zip64 ? ALL_ONES : length],
      [2, name.length],
      [2, extra.length + padding.length],
    ),
    name,
    extra,
    padding,
  ]);
}

export function directoryEntry(entry: MadeEntry, data: Uint8Array, begin: number, zip64: boolean): Uint8Array {
  const name = new TextEncoder().encode(entry.name);
  const length = entry.byteLength ?? entry.data.length;
  const compressed = entry.compressedBytes ?? data.length;
  const place = entry.begin ?? begin;
  const extra = zip64 ? fields([2, 1], [2, 24], [8, length], [8, compressed], [8, place]) : new Uint8Array(0);
  return Buffer.concat([
    fields(
      [4, 0x02014b50],
      [2, 20],
      [2, 20],
      [2, FLAGS | (entry.flags ?? 0)],
      [2, entry.method ?? (entry.deflate ? 8 : 0)],
      [4, 0],
      [4, entry.crc32 ?? crc32(entry.data)],
      [4, zip64 ? ALL_ONES : compressed],
      [4, zip64 ? ALL_ONES : length],
      [2, name.length],
      [2, extra.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, zip64 ? ALL_ONES : place],
    ),
    name,
    extra,
  ]);
}

export function endRecords(
  { entries, bytes, begin }: { entries: number; bytes: number; begin: number },
  at: number,
  zip64: boolean,
  comment: Uint8Array,
): Uint8Array {
  const record64 = fields(
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, entries],
    [8, entries],
    [8, bytes],
    [8, begin],
  );
  const locator = fields([4, 0x07064b50], [4, 0], [8, at], [4, 1]);
  const [count, size, place] = zip64 ? [0xffff, ALL_ONES, ALL_ONES] : [entries, bytes, begin];
  const record = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, size],
    [4, place],
    [2, comment.length],
  );
  return Buffer.concat(zip64 ? [record64, locator, record, comment] : [record, comment]);
}
