import type { ByteSource } from './byteSource.ts';
import { requireRange } from './range.ts';

/** An array as a source: a file that was dropped on a page, or made in a test. `bytes` must not change meanwhile. */
export function bytesInMemory(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    byteLength: bytes.length,
    slice: async (start, end) => {
      requireRange({ name, byteLength: bytes.length }, start, end);
      return new Uint8Array(bytes.subarray(start, end));
    },
    close: async () => {},
  };
}
