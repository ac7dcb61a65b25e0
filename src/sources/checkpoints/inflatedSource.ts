/**
 * Deflated bytes as a source (RFC 1951): expanded from the beginning as far as they are read, and no further.
 *
 * Reading on where the last slice ended goes on expanding; reading before it begins anew. Memory is the slice and what
 * the decompressor buffers, however far the contents expand. Reaching the end checks the length and the CRC-32.
 */
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { FormatError, MuonscopeError } from '../../base/errors.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import { allocateBytes, requireRange } from '../bytes/range.ts';

/**
 * @param compressed raw deflate, named as messages should call it
 * @param byteLength bytes it has to expand to
 * @param expectedCrc32 of the expanded bytes
 */
export function inflatedSource(compressed: ByteSource, byteLength: number, expectedCrc32: number): ByteSource {
  const { name } = compressed;
  let expansion: Expansion | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  const stop = async (): Promise<void> => {
    await expansion?.stop();
    expansion = null;
  };

  const read = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    try {
      if (expansion === null || expansion.position > start) {
        await stop();
        expansion = startExpansion(compressed, byteLength, expectedCrc32);
      }
      await expansion.advance(start, null);
      const bytes = allocateBytes(name, end - start);
      await expansion.advance(end, bytes);
      if (end === byteLength) await stop();
      return bytes;
    } catch (error) {
      await stop();
      throw error;
    }
  };

  return {
    name,
    byteLength,
    slice: async (start, end) => {
      requireRange({ name, byteLength }, start, end);
      const mine = turn.then(() => read(start, end)); // one after the other: they share the decompressor
      turn = mine.catch(() => {});
      return await mine;
    },
    close: async () => {
      await turn;
      await stop();
    },
  };
}

/** A decompressor under way. */
interface Expansion {
  /** Expanded bytes passed so far. */
  readonly position: number;
  /** Expands up to `end` into `bytes`, or passes over it. */
  advance(end: number, bytes: Uint8Array | null): Promise<void>;
  stop(): Promise<void>;
}

function startExpansion(compressed: ByteSource, byteLength: number, expectedCrc32: number): Expansion {
  const input = Readable.from(partsOf(compressed));
  const inflate = createInflateRaw({ chunkSize: EXPANDED_BYTES });
  input.on('error', (error) => inflate.destroy(error));
  inflate.on('error', () => {}); // told by the iterator; later ones, after a stop, tell nothing
  const chunks: AsyncIterator<Buffer> = input.pipe(inflate)[Symbol.asyncIterator]();
  let position = 0;
  let sum = 0;
  let left: Uint8Array = new Uint8Array(0);

  /** The next expanded bytes; none at the end. */
  const next = async (): Promise<Uint8Array> => {
    try {
      const { done, value } = await chunks.next();
      if (done) return new Uint8Array(0);
      sum = crc32(value, sum);
      return value;
    } catch (error) {
      if (error instanceof MuonscopeError) throw error;
      throw damaged(compressed, `bytes that are not deflated after ${position}`, error);
    }
  };

  return {
    get position() {
      return position;
    },
    advance: async (end, bytes) => {
      const start = position;
      while (position < end) {
        if (left.length === 0) left = await next();
        if (left.length === 0) throw damaged(compressed, `an end after ${position} of ${byteLength} bytes`);
        const part = left.subarray(0, end - position);
        bytes?.set(part, position - start);
        position += part.length;
        left = left.subarray(part.length);
      }
      if (position !== byteLength) return;
      if (left.length > 0 || (await next()).length > 0) throw damaged(compressed, `more than ${byteLength} bytes`);
      if (inflate.bytesWritten !== compressed.byteLength)
        throw damaged(compressed, `an end after ${inflate.bytesWritten} of ${compressed.byteLength} deflated bytes`);
      if (sum !== expectedCrc32) throw damaged(compressed, 'contents that do not match their CRC-32');
    },
    stop: async () => {
      input.destroy();
      inflate.destroy();
    },
  };
}

/** Compressed bytes at a time. */
const PART_BYTES = 262_144;
/** Expanded bytes at a time: with 16 KiB, the default, most of the time is spent between the pieces. */
const EXPANDED_BYTES = 262_144;

async function* partsOf(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  for (let begin = 0; begin < source.byteLength; begin += PART_BYTES)
    yield await source.slice(begin, Math.min(begin + PART_BYTES, source.byteLength));
}

function damaged({ name }: ByteSource, got: string, cause?: unknown): FormatError {
  const options = cause === undefined ? undefined : { cause };
  return new FormatError(
    `${name}: expected deflated bytes of the length told, got ${got}; the file is damaged`,
    name,
    options,
  );
}
