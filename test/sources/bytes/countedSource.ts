import type { ByteSource } from '../../../src/sources/bytes/byteSource.ts';

/** Knows how many bytes each slice asked for. */
export interface CountedSource extends ByteSource {
  readonly lengths: number[];
}

export function counted(source: ByteSource): CountedSource {
  const lengths: number[] = [];
  return {
    ...source,
    lengths,
    slice: async (start, end) => {
      lengths.push(end - start);
      return await source.slice(start, end);
    },
  };
}
