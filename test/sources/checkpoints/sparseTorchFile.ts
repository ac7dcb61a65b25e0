/** A file of torch.save whose storages are holes: as large as one likes, on little disk. Written without torch. */
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { madeTensor } from './madeTorch.ts';
import { fields } from './madeZip.ts';
import { makePickle } from './pickle/madePickle.ts';

interface Written {
  readonly name: Uint8Array;
  readonly byteLength: number;
  readonly crc32: number;
  readonly begin: number;
}

/**
 * Writes {"optimizer": {"state": {i: {"momentum_buffer": float32 (rows, columns) of zeros}}}}.
 *
 * @param count of matrices
 * @returns bytes of the file
 */
export async function writeSparseTorchFile(
  path: string,
  count: number,
  rows: number,
  columns: number,
): Promise<number> {
  const elements = rows * columns;
  const state = Array.from({ length: count }, (_, i) => {
    const tensor = madeTensor({ key: String(i), shape: [rows, columns], elements });
    return [i, new Map([['momentum_buffer', tensor]])] as const;
  });
  const pickle = makePickle(new Map([['optimizer', new Map([['state', new Map(state)]])]]));
  const file = await open(path, 'w');
  const entries: Written[] = [];
  let end = 0;
  const append = async (bytes: Uint8Array): Promise<void> => {
    await file.write(bytes, 0, bytes.length, end);
    end += bytes.length;
  };
  const entry = async (name: string, data: Uint8Array | null): Promise<void> => {
    const byteLength = data?.length ?? elements * 4;
    const written: Written = {
      name: Buffer.from(`archive/${name}`),
      byteLength,
      crc32: data === null ? 0 : crc32(data), // of zeros it would take long, and no reader of ranges looks
      begin: end,
    };
    entries.push(written);
    await append(localHeader(written));
    if (data !== null) await append(data);
    else end += byteLength;
  };
  await entry('data.pkl', pickle);
  await entry('byteorder', Buffer.from('little'));
  for (let i = 0; i < count; i++) await entry(`data/${i}`, null);
  const directory = Buffer.concat(entries.map(directoryEntry));
  const begin = end;
  await append(directory);
  await append(endRecords(entries.length, directory.length, begin));
  await file.close();
  return end;
}

const ALL_ONES = 0xffffffff;

function localHeader({ name, byteLength, crc32 }: Written): Uint8Array {
  const extra = fields([2, 1], [2, 16], [8, byteLength], [8, byteLength]);
  const sizes = fields([4, crc32], [4, ALL_ONES], [4, ALL_ONES], [2, name.length], [2, extra.length]);
  return Buffer.concat([fields([4, 0x04034b50], [2, 45], [2, 0], [2, 0], [4, 0]), sizes, name, extra]);
}

function directoryEntry({ name, byteLength, crc32, begin }: Written): Uint8Array {
  const extra = fields([2, 1], [2, 24], [8, byteLength], [8, byteLength], [8, begin]);
  const sizes = fields([4, crc32], [4, ALL_ONES], [4, ALL_ONES], [2, name.length], [2, extra.length]);
  const rest = fields([2, 0], [2, 0], [2, 0], [4, 0], [4, ALL_ONES]);
  return Buffer.concat([fields([4, 0x02014b50], [2, 45], [2, 45], [2, 0], [2, 0], [4, 0]), sizes, rest, name, extra]);
}

function endRecords(entries: number, bytes: number, begin: number): Uint8Array {
  const counts = fields([8, entries], [8, entries], [8, bytes], [8, begin]);
  const end64 = Buffer.concat([fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0]), counts]);
  const locator = fields([4, 0x07064b50], [4, 0], [8, begin + bytes], [4, 1]);
  const end = fields([4, 0x06054b50], [2, 0], [2, 0], [2, 0xffff], [2, 0xffff], [4, ALL_ONES], [4, ALL_ONES], [2, 0]);
  return Buffer.concat([end64, locator, end]);
}
