import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FormatError, UsageError } from '../../../src/base/errors.ts';
import type { ByteSource } from '../../../src/sources/bytes/byteSource.ts';
import { bytesInMemory } from '../../../src/sources/bytes/bytesInMemory.ts';
import { openZip } from '../../../src/sources/checkpoints/zipArchive.ts';
import { isZip } from '../../../src/sources/checkpoints/zipDirectory.ts';
import { counted } from '../bytes/countedSource.ts';
import { type MadeArchive, type MadeEntry, makeZip } from './madeZip.ts';

const first = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) & 255);
const second = new TextEncoder().encode('the second entry');
const ENTRIES: readonly MadeEntry[] = [
  { name: 'a/first', data: first },
  { name: 'grüße \u001b[31m', data: second },
  { name: 'empty', data: new Uint8Array(0) },
  { name: 'deflated', data: first, deflate: true },
];

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** The whole of an entry. */
async function readEntry(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const entry = (await openZip(bytesInMemory('x.zip', bytes))).open(name);
  if (entry === null) throw new Error(`there is no ${name}`);
  return await entry.slice(0, entry.byteLength);
}

describe('an archive', () => {
  test.each<[string, MadeArchive]>([
    ['plain', {}],
    ['zip64', { zip64: true }],
    ['with a comment that looks like an end record', { comment: Uint8Array.of(...makeZip([]), 1) }],
    ['with the longest comment', { comment: new Uint8Array(65_535) }],
  ])('%s gives its entries', async (_, archive) => {
    const source = bytesInMemory('x.zip', makeZip(ENTRIES, archive));
    expect(await isZip(source)).toBe(true);
    const zip = await openZip(source);
    expect([...zip.entries.keys()]).toEqual(ENTRIES.map(({ name }) => name));
    for (const { name, data } of ENTRIES) {
      const entry = zip.open(name);
      expect(entry?.byteLength).toBe(data.length);
      expect([...(await entry!.slice(0, data.length))]).toEqual([...data]);
      if (data.length > 7) expect([...(await entry!.slice(3, 7))]).toEqual([...data.subarray(3, 7)]);
    }
    expect(zip.open('none')).toBeNull();
  });

  test('of nothing is empty', async () => {
    const source = bytesInMemory('x.zip', makeZip([]));
    expect(await isZip(source)).toBe(true);
    expect((await openZip(source)).entries.size).toBe(0);
  });

  test('with sizes behind the data is read by its directory', async () => {
    const bytes = makeZip([{ name: 'a', data: first, flags: 8 }]);
    new DataView(bytes.buffer).setUint32(18, 0, true);
    new DataView(bytes.buffer).setUint32(22, 0, true);
    expect([...(await readEntry(bytes, 'a'))]).toEqual([...first]);
  });

  test('costs its directory when opened, a header and the slice when read', async () => {
    const whole = makeZip([
      { name: 'large', data: new Uint8Array(5_000_000) },
      { name: 'other', data: first },
    ]);
    const source = counted(bytesInMemory('x.zip', whole));
    const entry = (await openZip(source)).open('large');
    expect(sum(source.lengths)).toBeLessThan(70_000);
    source.lengths.length = 0;
    await entry?.slice(1_000_000, 1_000_100);
    expect(sum(source.lengths)).toBeLessThan(300);
    expect(source.lengths.length).toBe(2);
  });

  test.each([
    ['text', new TextEncoder().encode('PKzip is not here, only letters')],
    ['nothing', new Uint8Array(0)],
  ])('is not recognised in %s', async (_, bytes) => {
    expect(await isZip(bytesInMemory('x', bytes))).toBe(false);
  });
});

describe('a deflated entry', () => {
  const long = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i >> 3) * 7);
  const archive = makeZip([{ name: 'a', data: long, deflate: true }]);

  test('gives ranges in any order, several at once', async () => {
    const entry = (await openZip(bytesInMemory('x.zip', archive))).open('a');
    const ranges = [
      [10, 20],
      [20, 300_000],
      [0, 5],
      [999_999, 1_000_000],
      [500_000, 500_000],
      [1_000_000, 1_000_000],
      [0, 1_000_000],
    ] as const;
    const parts = await Promise.all(ranges.map(([start, end]) => entry!.slice(start, end)));
    parts.forEach((part, i) => {
      expect(Buffer.compare(part, long.subarray(...ranges[i]!))).toBe(0);
    });
    await entry?.close();
  });

  test('read from front to back is expanded once', async () => {
    const source = counted(bytesInMemory('x.zip', archive));
    const entry = (await openZip(source)).open('a');
    source.lengths.length = 0;
    for (let at = 0; at < long.length; at += 50_000) await entry?.slice(at, at + 50_000);
    expect(sum(source.lengths)).toBeLessThan(archive.length + 100);
  });

  test('of no bytes gives none', async () => {
    const bytes = makeZip([{ name: 'a', data: new Uint8Array(0), deflate: true }]);
    expect((await readEntry(bytes, 'a')).length).toBe(0);
  });

  test('passes on what its source says when it fails', async () => {
    const memory = bytesInMemory('x.zip', archive);
    let broken = false;
    const slice: ByteSource['slice'] = async (a, b) => {
      if (broken) throw new UsageError('the line is dead');
      return await memory.slice(a, b);
    };
    const entry = (await openZip({ ...memory, slice })).open('a');
    await entry?.slice(0, 1);
    broken = true;
    await expect(entry?.slice(0, 1_000_000)).rejects.toThrow('the line is dead');
    broken = false;
    expect((await entry?.slice(0, 10))?.length).toBe(10);
  });
});

describe('refused with a sentence:', () => {
  const one = (entry: Partial<MadeEntry>, archive: MadeArchive = {}) =>
    makeZip([{ name: 'a', data: first, ...entry }], archive);
  const two = (entry: Partial<MadeEntry>) =>
    makeZip([
      { name: 'a', data: first, ...entry },
      { name: 'b', data: second },
    ]);
  const zip64 = one({}, { zip64: true });
  const cutZip64 = zip64.slice();
  cutZip64.set([255, 255, 255, 255], zip64.length - 22 - 20 + 8); // the locator's offset
  const zeros = new Uint8Array(2 ** 31);
  const bomb = deflateRawSync(zeros);

  test.each<[string, Uint8Array, string]>([
    ['an end cut off', makeZip(ENTRIES).slice(0, -1), 'its directory at the end is missing'],
    ['bytes behind the end', new Uint8Array([...one({}), 0]), 'its directory at the end is missing'],
    ['a directory elsewhere', one({}, { directoryBegin: 5 }), 'a directory from byte 5 to'],
    ['a directory longer than the file', one({}, { directoryBytes: 4e9 }), 'a directory from byte'],
    [
      'something before the archive',
      one({ begin: 0 }, { before: first, directoryBegin: 1031 }),
      'a directory from byte 1031',
    ],
    ['more entries told than there are', one({}, { entries: 2 }), 'holds 1 entries where its end record tells 2'],
    ['a zip64 end record elsewhere', cutZip64, 'a zip64 end record at byte 4294967295'],
    ['a name twice', makeZip([ENTRIES[0]!, ENTRIES[0]!]), 'the entry a/first is there twice'],
    ['two sizes of a stored entry', one({ byteLength: 999 }), 'tells two sizes, 999 and 1000 bytes'],
    [
      'an entry beyond the file',
      one({ byteLength: 5000, compressedBytes: 5000 }),
      'the entry a overlaps what follows it',
    ],
    ['an entry that begins beyond the file', one({ begin: 1e9 }), 'the entry a overlaps what follows it'],
    ['entries that overlap', two({ byteLength: 1020, compressedBytes: 1020 }), 'the entry a overlaps what follows it'],
    [
      'two entries with the same bytes',
      makeZip([
        { name: 'a', data: first },
        { name: 'b', data: first, begin: 0 },
      ]),
      'the entry a overlaps',
    ],
    ['an expansion deflate cannot give', one({ deflate: true, byteLength: 2 ** 31 }), 'cannot expand from'],
  ])('%s, when it is opened', async (_, bytes, message) => {
    const opening = openZip(bytesInMemory('model.pt', bytes));
    await expect(opening).rejects.toThrow(FormatError);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow('(model.pt); the file is truncated or damaged');
  });

  test.each<[string, Uint8Array, string]>([
    ['no local header', one({ localSignature: 7 }), 'the entry a has no header of its own'],
    ['another name in the local header', one({ localName: 'b' }), 'is another one by its own header, b'],
    ['another method in the local header', one({ localMethod: 8 }), 'is another one by its own header'],
    ['another size in the local header', one({ localByteLength: 5 }), 'has 1000 bytes by the directory and 5 by'],
    [
      'a local header that pushes its data into the next entry',
      two({ byteLength: 1000, localExtraBytes: 0, compressedBytes: 1000, data: first.subarray(0, 990) }),
      'overlaps what follows',
    ],
    ['encryption', one({ flags: 1 }), 'expected plain contents, got encrypted ones'],
    ['another method', one({ method: 93 }), 'expected it stored or deflated, got zip method 93'],
    ['contents that are not deflate', one({ method: 8 }), 'expected deflated bytes of the length told'],
    ['less than told', one({ deflate: true, byteLength: 1001 }), 'got an end after 1000 of 1001 bytes'],
    ['more than told', one({ deflate: true, byteLength: 999 }), 'got more than 999 bytes'],
    [
      'deflated bytes behind their end',
      one({
        data: Buffer.concat([deflateRawSync(first), Buffer.alloc(9)]),
        method: 8,
        byteLength: first.length,
        crc32: crc32(first),
      }),
      'deflated bytes; the file is damaged',
    ],
    ['a wrong checksum', one({ deflate: true, crc32: 1 }), 'contents that do not match their CRC-32'],
    [
      'a bomb',
      one({ data: bomb, method: 8, byteLength: zeros.length, compressedBytes: bomb.length }),
      'got 2 GiB, a zip bomb',
    ],
  ])('%s, when it is read', async (_, bytes, message) => {
    await expect(readEntry(bytes, 'a')).rejects.toThrow(FormatError);
    await expect(readEntry(bytes, 'a')).rejects.toThrow(message);
  });
});

test('every truncation of an archive is refused', async () => {
  const whole = makeZip(ENTRIES);
  for (let length = 0; length < whole.length; length++)
    await expect(openZip(bytesInMemory('x', whole.subarray(0, length)))).rejects.toThrow(FormatError);
});
