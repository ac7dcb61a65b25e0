import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_TOKENS, requiredTokens, splitText } from '../../../src/sources/text/split.ts';
import { countPositions, type TokenSet } from '../../../src/train/batches.ts';

const length = ({ spans }: TokenSet): number => spans.reduce((sum, { start, end }) => sum + end - start, 0);

describe('the split', () => {
  it('covers every token once, spans ascending and apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 3_000_000 }), fc.integer(), (tokens, seed) => {
        const { train, validation } = splitText(new Uint8Array(tokens), seed);
        const all = [...train.spans, ...validation.spans].sort((a, b) => a.start - b.start);
        expect(all[0]?.start).toBe(0);
        expect(all.at(-1)?.end).toBe(tokens);
        for (const [i, span] of all.slice(1).entries()) expect(span.start).toBe(all[i]!.end);
        for (const { spans } of [train, validation])
          for (const [i, span] of spans.slice(1).entries()) expect(span.start).toBeGreaterThan(spans[i]!.end);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('gives about a twentieth to validation, in blocks spread over the text', () => {
    for (const tokens of [1000, 200_000, 2_000_000, 16_000_000]) {
      const { validation } = splitText(new Uint8Array(tokens), 1);
      const blocks = Math.max(20, Math.floor(tokens / BLOCK_TOKENS));
      expect(Math.abs(length(validation) / tokens - 0.05)).toBeLessThanOrEqual(1.5 / blocks); // rounding, long last block
    }
    expect(splitText(new Uint8Array(16_000_000), 1).validation.spans.length).toBeGreaterThan(6);
  });

  it('is the same for the same seed and another for another', () => {
    const tokens = new Uint8Array(4_000_000);
    const spansOf = (seed: number): unknown => splitText(tokens, seed).validation.spans;
    expect(spansOf(7)).toEqual(spansOf(7));
    expect(new Set([1, 2, 3, 4].map((seed) => JSON.stringify(spansOf(seed)))).size).toBe(4);
  });

  it('leaves both sides room for the sequences that requiredTokens promises', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer(),
        (context, sequences, seed) => {
          const { train, validation } = splitText(new Uint8Array(requiredTokens(context, sequences)), seed);
          expect(countPositions(train, context)).toBeGreaterThanOrEqual(sequences);
          expect(countPositions(validation, context)).toBeGreaterThanOrEqual(sequences);
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });
});
