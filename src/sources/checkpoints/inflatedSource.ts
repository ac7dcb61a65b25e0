/**
 * Deflated bytes as a source (RFC 1951): expanded from the beginning as far as they are read, and no further.
 *
 * Reading on where the last slice ended goes on expanding; reading before it begins anew. Memory is the slice and what
 * the decompressor buffers, however far the contents expand. Reaching the end checks the length and the CRC-32.
 */
import { FormatError } from '../../base/errors.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import { allocateBytes, requireRange } from '../bytes/range.ts';
import { updateCrc32 } from './crc32.ts';

/**
 * @param compressed raw deflate, named as messages should call it
 * @param byteLength bytes it has to expand to
 * @param crc32 of the expanded bytes
 */
export function inflatedSource(compressed: ByteSource, byteLength: number, crc32: number): ByteSource {
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
        expansion = startExpansion(compressed, byteLength, crc32);
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
  const input = streamOf(compressed);
  const reader = input.stream.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  let position = 0;
  let crc32 = 0;
  let left: Uint8Array = new Uint8Array(0);

  /** The next expanded bytes; none at the end. */
  const next = async (): Promise<Uint8Array> => {
    const { done, value } = await reader.read().catch((error: unknown) => {
      if (input.failure !== null) throw input.failure;
      throw damaged(compressed, `bytes that are not deflated after ${position}`, error);
    });
    if (done) return new Uint8Array(0);
    crc32 = updateCrc32(crc32, value);
    return value;
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
      if (crc32 !== expectedCrc32) throw damaged(compressed, 'contents that do not match their CRC-32');
    },
    stop: () => reader.cancel().catch(() => {}), // it may have failed already
  };
}

/** Compressed bytes at a time. */
const PART_BYTES = 65_536;

/** The stream does not pass its failures through the decompressor as they are, so `failure` keeps them. */
function streamOf(source: ByteSource): { readonly stream: ReadableStream<BufferSource>; readonly failure: unknown } {
  let position = 0;
  const input: { stream: ReadableStream<BufferSource>; failure: unknown } = {
    stream: new ReadableStream({ pull }, { highWaterMark: 0 }),
    failure: null,
  };
  async function pull(controller: ReadableStreamDefaultController<BufferSource>): Promise<void> {
    if (position === source.byteLength) return controller.close();
    const end = Math.min(position + PART_BYTES, source.byteLength);
    try {
      controller.enqueue(await source.slice(position, end));
      position = end;
    } catch (error) {
      input.failure = error;
      controller.error(error);
    }
  }
  return input;
}

function damaged({ name }: ByteSource, got: string, cause?: unknown): FormatError {
  const options = cause === undefined ? undefined : { cause };
  return new FormatError(
    `${name}: expected deflated bytes of the length told, got ${got}; the file is damaged`,
    name,
    options,
  );
}
