import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { createRandom, restoreRandom } from '../../src/base/random.ts';
import { countPositions, createSampler, type TokenSet, validationBatches, wholeText } from '../../src/train/batches.ts';

/** Tokens that name their own place: token i is i mod 65536. */
function numbered(length: number): Uint16Array {
  return Uint16Array.from({ length }, (_, i) => i);
}

/** Spans of the given lengths with gaps of the given lengths between them. */
const tokenSets = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 8 })
  .map((parts): TokenSet => {
    let end = 0;
    const spans = parts.map(([length, gap]) => {
      const start = end + gap;
      end = start + length;
      return { start, end };
    });
    return { tokens: numbered(end), spans };
  });

/** First tokens of the rows, after checking that each row counts up by one and its targets are one further. */
function startsOf(tokens: Int32Array, targets: Int32Array, context: number): readonly number[] {
  expect(tokens.length).toBe(targets.length);
  for (let i = 0; i < tokens.length; i++) {
    expect(targets[i]).toBe(tokens[i]! + 1);
    if (i % context > 0) expect(tokens[i]).toBe(tokens[i - 1]! + 1);
  }
  return Array.from({ length: tokens.length / context }, (_, row) => tokens[row * context]!);
}

describe('the sampler', () => {
  it('draws sequences that lie in one span with the token after them', () => {
    fc.assert(
      fc.property(tokenSets, fc.integer({ min: 1, max: 12 }), fc.integer(), (set, context, seed) => {
        fc.pre(countPositions(set, context) > 0);
        const { tokens, targets } = createSampler(set, { context, batch: 5 }).draw(createRandom(seed));
        for (const start of startsOf(tokens, targets, context))
          expect(set.spans.some((span) => span.start <= start && start + context < span.end)).toBe(true);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('draws every position equally often', () => {
    const set: TokenSet = {
      tokens: numbered(40),
      spans: [
        { start: 2, end: 9 },
        { start: 12, end: 14 },
        { start: 20, end: 30 },
      ],
    };
    const context = 3;
    const sampler = createSampler(set, { context, batch: 1100 });
    const { tokens, targets } = sampler.draw(createRandom(5));
    const counts = new Map<number, number>();
    for (const start of startsOf(tokens, targets, context)) counts.set(start, (counts.get(start) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 20, 21, 22, 23, 24, 25, 26]);
    expect(sampler.positions).toBe(11);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    expect(chiSquare).toBeLessThan(29.6); // 0.999 quantile of chi-square with 10 degrees of freedom
  });

  it('draws the same from the same state and goes on after a restore', () => {
    const sampler = createSampler(wholeText(numbered(1000)), { context: 8, batch: 4 });
    const random = createRandom(1);
    sampler.draw(random);
    const state = random.state();
    const next = sampler.draw(random);
    expect(sampler.draw(restoreRandom(state))).toEqual(next);
    expect(sampler.draw(createRandom(2))).not.toEqual(sampler.draw(createRandom(1)));
  });

  it('refuses a text that holds no sequence', () => {
    expect(() => createSampler(wholeText(numbered(8)), { context: 8, batch: 1 })).toThrow(DomainError);
    expect(() => createSampler(wholeText(numbered(8)), { context: 8, batch: 1 })).toThrow(
      'text: expected room for 1 sequences of 8 tokens and the token after each, got 0 (longest span 8 tokens); give more text or a shorter context',
    );
    expect(createSampler(wholeText(numbered(9)), { context: 8, batch: 1 }).positions).toBe(1);
  });
});

describe('validation batches', () => {
  it('are whole batches of different sequences, evenly spaced, the same every time', () => {
    fc.assert(
      fc.property(
        tokenSets,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        (set, context, batch, sequences) => {
          const positions = countPositions(set, context);
          const count = Math.ceil(sequences / batch) * batch;
          fc.pre(positions >= count);
          const batches = validationBatches(set, { context, batch }, sequences);
          expect(batches).toEqual(validationBatches(set, { context, batch }, sequences));
          const starts = batches.flatMap(({ tokens, targets }) => startsOf(tokens, targets, context));
          expect(starts.length).toBe(count);
          expect(new Set(starts).size).toBe(count);
          for (const start of starts)
            expect(set.spans.some((span) => span.start <= start && start + context < span.end)).toBe(true);
        },
      ),
      { numRuns: 100, seed: 1 },
    );
    const starts = validationBatches(wholeText(numbered(101)), { context: 1, batch: 5 }, 10).flatMap(({ tokens }) => [
      ...tokens,
    ]);
    expect(starts).toEqual([5, 15, 25, 35, 45, 55, 65, 75, 85, 95]);
  });

  it('refuse a text with fewer positions than sequences', () => {
    expect(() => validationBatches(wholeText(numbered(10)), { context: 4, batch: 8 }, 5)).toThrow(
      'expected room for 8 sequences of 4 tokens and the token after each, got 6',
    );
  });
});
