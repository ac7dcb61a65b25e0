/**
 * Files behind http and https, read by range requests.
 *
 * Parsing a header asks for a few bytes at a time, reading a matrix for megabytes. Small slices come out of aligned
 * blocks, of which the last ones used are kept; neighbouring blocks are asked for in one request. A large slice is
 * one request and is not kept.
 */
import { FormatError, UsageError } from '../../base/errors.ts';
import type { ByteSource } from './byteSource.ts';
import { allocateBytes, requireRange } from './range.ts';
import { type RangeAnswer, type RemoteOptions, type RemoteTarget, requestRange } from './rangeRequest.ts';

/** A zip's directory, a safetensors header or a pickle of an average checkpoint takes one or two. */
export const BLOCK_BYTES = 131_072;
/** 4 MiB are kept. */
const KEPT_BLOCKS = 32;
/** Longer slices are not kept. */
const KEPT_SLICE = 8 * BLOCK_BYTES;

/**
 * Opens the file behind a URL.
 *
 * @throws UsageError if there is none, it cannot be reached, or its server does not answer range requests
 * @throws FormatError if the server sends other bytes than it promised, or the file changes while it is read
 */
export async function openUrl(url: string, options: RemoteOptions = {}): Promise<ByteSource> {
  const address = parseUrl(url);
  const source = await openIfThere(address, options);
  if (source === null) throw new UsageError(`${nameOf(address)}: expected a file, found none; check the address`);
  return source;
}

/** As {@link openUrl}; null if there is no such file. */
export async function openIfThere(
  url: URL,
  { idleSeconds = 30, retrySeconds = [0.5, 2] }: RemoteOptions = {},
): Promise<ByteSource | null> {
  const closing = new AbortController();
  const target: RemoteTarget = { url, name: nameOf(url), closed: closing.signal, idleSeconds, retrySeconds };
  const first = await requestRange(target, 0, BLOCK_BYTES);
  return first === null ? null : blockSource(target, first, () => closing.abort());
}

/** @throws UsageError unless it is an http or https address without a password */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`${text}: expected an address that begins with http:// or https://; check the address`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(
      `${nameOf(url)}: expected an address without user name and password; download the file instead`,
    );
  return url;
}

/** Without what may be secret: a signed URL carries its key behind the question mark. */
export function nameOf(url: URL): string {
  return url.origin + url.pathname;
}

function blockSource(target: RemoteTarget, first: RangeAnswer, close: () => void): ByteSource {
  const { name } = target;
  const byteLength = first.total;
  const blocks = new Map<number, Promise<Uint8Array>>([[0, Promise.resolve(first.bytes)]]); // last used at the end

  const request = async (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    const answer = await requestRange(target, start, end);
    if (answer !== null && isSameFile(answer, first)) return answer.bytes;
    throw new FormatError(`${name}: expected one file throughout, got another one; it changed while it was read`, name);
  };

  /** Asks for blocks [from, to) in one request. */
  const ask = (from: number, to: number): void => {
    const run = request(from * BLOCK_BYTES, Math.min(to * BLOCK_BYTES, byteLength));
    for (let i = from; i < to; i++) {
      const block = run.then((bytes) => bytes.slice((i - from) * BLOCK_BYTES, (i + 1 - from) * BLOCK_BYTES));
      block.catch(() => blocks.delete(i));
      blocks.set(i, block);
    }
  };

  /** Blocks [from, to), asked for where they are missing and moved behind all others. */
  const take = (from: number, to: number): Promise<Uint8Array[]> => {
    for (let i = from; i < to; i++) {
      const known = blocks.get(i);
      if (known === undefined) {
        const end = firstKnown(blocks, i, to);
        ask(i, end);
        i = end - 1;
      } else {
        blocks.delete(i);
        blocks.set(i, known);
      }
    }
    const taken = Array.from({ length: to - from }, (_, k) => blocks.get(from + k)!); // each was just set
    for (const i of [...blocks.keys()].slice(0, Math.max(0, blocks.size - KEPT_BLOCKS))) blocks.delete(i);
    return Promise.all(taken);
  };

  return {
    name,
    byteLength,
    slice: async (start, end) => {
      requireRange({ name, byteLength }, start, end);
      if (start === end) return new Uint8Array(0);
      if (end - start > KEPT_SLICE) return await request(start, end);
      const from = Math.floor(start / BLOCK_BYTES);
      const parts = await take(from, Math.ceil(end / BLOCK_BYTES));
      return cut(parts, start - from * BLOCK_BYTES, allocateBytes(name, end - start));
    },
    close: async () => close(),
  };
}

/** Equal lengths, and equal versions where the server tells both. */
function isSameFile(a: RangeAnswer, b: RangeAnswer): boolean {
  return a.total === b.total && (a.version === null || b.version === null || a.version === b.version);
}

/** The first of blocks (from, to) that is known, or `to`. */
function firstKnown(blocks: ReadonlyMap<number, unknown>, from: number, to: number): number {
  let i = from + 1;
  while (i < to && !blocks.has(i)) i++;
  return i;
}

/** Fills `bytes` from consecutive blocks, beginning `skip` bytes into the first. */
function cut(parts: readonly Uint8Array[], skip: number, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let position = -skip;
  for (const part of parts) {
    const begin = Math.max(0, -position);
    bytes.set(part.subarray(begin, bytes.length - position), position + begin);
    position += part.length;
  }
  return bytes;
}
