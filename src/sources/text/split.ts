/**
 * Which tokens train and which validate.
 *
 * 1. The text is cut into blocks of 64 Ki tokens, or into twenty equal ones if it is shorter than that.
 * 2. Every twentieth block validates: those whose seeded hash is smallest, so that both sides have the same mix.
 * 3. Neighbouring blocks of one side are joined to spans; no sequence leaves its span.
 */
import type { TokenSet } from '../../train/batches.ts';

/** Tokens a block of a long text. */
export const BLOCK_TOKENS = 65_536;
/** One block in so many validates. */
export const BLOCKS_PER_VALIDATION = 20;

/** The two sides of a text. */
export interface SplitText {
  readonly train: TokenSet;
  readonly validation: TokenSet;
}

/** Fewest tokens for which both sides have `sequences` positions of `context` tokens and the token after. */
export function requiredTokens(context: number, sequences: number): number {
  return BLOCKS_PER_VALIDATION * (context + sequences);
}

/**
 * Splits a text of at least 20 tokens; the same tokens and seed give the same split.
 *
 * @param seed any integer
 * @returns spans that cover every token once between the two sides
 */
export function splitText(tokens: Uint8Array | Uint16Array, seed: number): SplitText {
  const block = Math.min(BLOCK_TOKENS, Math.floor(tokens.length / BLOCKS_PER_VALIDATION));
  const blocks = Math.floor(tokens.length / block); // the remainder belongs to the last one
  const chosen = chooseBlocks(blocks, Math.max(1, Math.round(blocks / BLOCKS_PER_VALIDATION)), seed);
  const train: { start: number; end: number }[] = [];
  const validation: { start: number; end: number }[] = [];
  for (let i = 0; i < blocks; i++) {
    const side = chosen.has(i) ? validation : train;
    const start = i * block;
    const end = i === blocks - 1 ? tokens.length : start + block;
    const last = side.at(-1);
    if (last?.end === start) last.end = end;
    else side.push({ start, end });
  }
  return { train: { tokens, spans: train }, validation: { tokens, spans: validation } };
}

/** The `count` blocks of smallest hash; equal hashes by index. */
function chooseBlocks(blocks: number, count: number, seed: number): ReadonlySet<number> {
  const hashes = Array.from({ length: blocks }, (_, i) => blockHash(seed, i));
  const order = hashes.map((_, i) => i).sort((a, b) => hashes[a]! - hashes[b]! || a - b);
  return new Set(order.slice(0, count));
}

/** Two rounds of the murmur3 finaliser (Appleby 2008), unsigned 32 bits. */
function blockHash(seed: number, index: number): number {
  return finalise(finalise(seed | 0) ^ (index + 1)) >>> 0;
}

function finalise(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
