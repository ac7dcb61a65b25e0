import type { ByteSource } from './byteSource.ts';
import { requireRange } from './range.ts';

/**
 * Bytes [begin, end) of `source` as a source of their own, without copying. Closing it leaves `source` open.
 *
 * @throws FormatError if the window leaves the source
 */
export function windowOf(source: ByteSource, name: string, begin: number, end: number): ByteSource {
  requireRange(source, begin, end);
  const byteLength = end - begin;
  return {
    name,
    byteLength,
    slice: async (from, to) => {
      requireRange({ name, byteLength }, from, to);
      return await source.slice(begin + from, begin + to);
    },
    close: async () => {},
  };
}
