/** Tables as Parquet. The libraries are loaded when first used. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { FormatError, MuonscopeError } from '../../base/errors.ts';
import { formatBytes } from '../../base/numbers.ts';
import { fileFailure } from '../files.ts';
import type { ColumnType, TableColumn, TableRow } from './table.ts';

/** First and last bytes of every Parquet file. */
export const PARQUET_MAGIC = 'PAR1';

const TYPES = { text: 'STRING', count: 'INT64', number: 'DOUBLE' } as const satisfies Record<ColumnType, string>;

/** Rows read at once; reading a part of a group unpacks all of it. */
const BATCH = 65_536;
/** A file that says it holds more when unpacked is no log of spectra. */
const MOST_BYTES = 4 * 2 ** 30;
/** A byte of Parquet cannot honestly stand for more: run lengths pack well, but not without end. */
const MOST_RATIO = 10_000;
/** One page must fit into memory together with what it unpacks to. */
const MOST_PAGE = 512 * 2 ** 20;

/** @returns the bytes of a Parquet file, snappy-compressed */
export async function formatParquet(columns: readonly TableColumn[]): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer');
  const columnData = columns.map(({ name, type, values }) => ({
    name,
    type: TYPES[type],
    data: type === 'count' ? values.map((value) => (typeof value === 'number' ? BigInt(value) : null)) : [...values],
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/**
 * Rows of a Parquet file, some at a time.
 *
 * @throws FormatError if it is cut off or damaged, or claims to hold more than its bytes can
 */
export async function* readParquet(path: string): AsyncGenerator<TableRow, void, undefined> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file = openBuffer(path);
  try {
    const metadata = await readable(path, () => parquetMetadataAsync(file));
    requirePlausible(metadata, file.byteLength, path);
    const total = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < total; rowStart += BATCH) {
      const rowEnd = Math.min(total, rowStart + BATCH);
      yield* await readable(path, () => parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd }));
    }
  } finally {
    file.close();
  }
}

/** What a Parquet file claims of itself. */
export interface ParquetClaim {
  readonly num_rows: bigint;
  readonly row_groups: readonly {
    readonly num_rows: bigint;
    readonly columns: readonly { readonly meta_data?: { readonly total_uncompressed_size: bigint } }[];
  }[];
}

/** @throws FormatError if the claim cannot be true, or is more than a log of spectra holds */
export function requirePlausible({ num_rows, row_groups }: ParquetClaim, byteLength: number, path: string): void {
  const sizes = row_groups.flatMap(({ columns }) =>
    columns.map(({ meta_data }) => Number(meta_data?.total_uncompressed_size ?? 0)),
  );
  const unpacked = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const rows = row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  const most = Math.min(MOST_BYTES, MOST_RATIO * byteLength);
  const problem =
    Number(num_rows) !== rows
      ? `expected ${num_rows} rows, got groups of ${rows}`
      : sizes.some((bytes) => bytes < 0) || unpacked > most || Math.max(0, ...sizes) > MOST_PAGE
        ? `expected at most ${formatBytes(most)} when unpacked, in columns of at most ${formatBytes(MOST_PAGE)}, got a claim of ${formatBytes(unpacked)}`
        : null;
  if (problem !== null)
    throw new FormatError(`parquet: ${problem} (${path}); the file is damaged or no log of spectra`, path);
}

/** Failures of the library as one sentence. */
async function readable<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MuonscopeError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`parquet: ${path} cannot be read (${reason}); the file is cut off or damaged`, path, {
      cause: error,
    });
  }
}

/** What the library reads from, with a handle to close. */
function openBuffer(path: string) {
  const attempt = <T>(operation: () => T): T => {
    try {
      return operation();
    } catch (error) {
      throw fileFailure(error, `reading ${path}`, path);
    }
  };
  const handle = attempt(() => openSync(path, 'r'));
  const byteLength = fstatSync(handle).size;
  return {
    byteLength,
    close: () => closeSync(handle),
    slice: (start: number, end: number = byteLength): ArrayBuffer => {
      const from = start < 0 ? Math.max(0, byteLength + start) : start;
      const length = Math.min(end, byteLength) - from;
      if (!(length >= 0) || end > byteLength)
        throw new FormatError(`parquet: ${path} ends before byte ${end}; the file is cut off or damaged`, path);
      const bytes = new Uint8Array(length);
      attempt(() => readSync(handle, bytes, 0, length, from));
      return bytes.buffer;
    },
  };
}
