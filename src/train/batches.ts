/** Sequences of a text: random ones to train on, fixed ones to validate on. No files: tokens come from sources. */
import { DomainError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

/** The part of a text that one side of the split may read: half-open spans of tokens, ascending and apart. */
export interface TokenSet {
  readonly tokens: Uint8Array | Uint16Array;
  readonly spans: readonly { readonly start: number; readonly end: number }[];
}

/** What to predict from what: `targets[i]` is the token that follows `tokens[i]`. Both (batch, context), row-major. */
export interface Batch {
  readonly tokens: Int32Array;
  readonly targets: Int32Array;
}

export interface BatchShape {
  /** Tokens a sequence. */
  readonly context: number;
  /** Sequences a batch. */
  readonly batch: number;
}

/** Draws batches; the random stream is the only state, so restoring it continues the same sequence of batches. */
export interface Sampler {
  /** Places a sequence can start at. */
  readonly positions: number;
  draw(random: Random): Batch;
}

/** A text as one span. */
export function wholeText(tokens: Uint8Array | Uint16Array): TokenSet {
  return { tokens, spans: [{ start: 0, end: tokens.length }] };
}

/**
 * Sequences that start anywhere in a span, every position equally likely, and end in the same span.
 *
 * @throws DomainError if no span holds `context` + 1 tokens
 */
export function createSampler(set: TokenSet, shape: BatchShape): Sampler {
  const startOf = indexPositions(set, shape.context);
  const positions = countPositions(set, shape.context);
  if (positions === 0) throw tooShort(set, shape.context, 1, positions);
  return {
    positions,
    draw: (random) => {
      const starts = Array.from({ length: shape.batch }, () => startOf(random.integer(positions)));
      return gather(set.tokens, starts, shape.context);
    },
  };
}

/**
 * The fixed sequences of the validation loss, evenly spaced over all positions and all different.
 *
 * @param sequences at least; rounded up to whole batches
 * @throws DomainError if the set has fewer positions than sequences
 */
export function validationBatches(set: TokenSet, shape: BatchShape, sequences: number): readonly Batch[] {
  const count = Math.ceil(sequences / shape.batch) * shape.batch;
  const startOf = indexPositions(set, shape.context);
  const positions = countPositions(set, shape.context);
  if (positions < count) throw tooShort(set, shape.context, count, positions);
  const starts = Array.from({ length: count }, (_, i) => startOf(Math.floor(((i + 0.5) * positions) / count)));
  return Array.from({ length: count / shape.batch }, (_, i) =>
    gather(set.tokens, starts.slice(i * shape.batch, (i + 1) * shape.batch), shape.context),
  );
}

/** Places a sequence of `context` tokens and the token after it can start at. */
export function countPositions(set: TokenSet, context: number): number {
  return set.spans.reduce((sum, { start, end }) => sum + Math.max(0, end - start - context), 0);
}

/** Maps 0 .. countPositions - 1 to token indices by bisection over the spans. */
function indexPositions(set: TokenSet, context: number): (position: number) => number {
  const spans = set.spans.filter(({ start, end }) => end - start > context);
  const firsts: number[] = [];
  let total = 0;
  for (const { start, end } of spans) {
    firsts.push(total);
    total += end - start - context;
  }
  return (position) => {
    let low = 0;
    for (let high = firsts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (firsts[middle]! <= position) low = middle;
      else high = middle;
    }
    return spans[low]!.start + position - firsts[low]!;
  };
}

function gather(text: Uint8Array | Uint16Array, starts: readonly number[], context: number): Batch {
  const tokens = new Int32Array(starts.length * context);
  const targets = new Int32Array(starts.length * context);
  for (const [row, start] of starts.entries()) {
    tokens.set(text.subarray(start, start + context), row * context);
    targets.set(text.subarray(start + 1, start + context + 1), row * context);
  }
  return { tokens, targets };
}

function tooShort(set: TokenSet, context: number, needed: number, positions: number): DomainError {
  const longest = set.spans.reduce((length, { start, end }) => Math.max(length, end - start), 0);
  return new DomainError(
    `text: expected room for ${needed} sequences of ${context} tokens and the token after each, got ${positions} (longest span ${longest} tokens); give more text or a shorter context`,
  );
}
