import { describe, expect, it } from 'vitest';
import { comparePooled, describeSteepest } from '../../src/scaling/comparePooled.ts';
import type { LawsDocument, PooledLaw } from '../../src/scaling/law.ts';

function pooled(role: string, depth: number, exponent: number, margin: number): PooledLaw {
  return { role, depth, exponent, low: exponent - margin, high: exponent + margin, quantiles: [0.5] };
}

function document(...laws: readonly PooledLaw[]): LawsDocument {
  const rest = { laws: [], ladder: [], warnings: [] };
  return { schema: 'muonscope.laws/1', source: 'a test', sizeConvention: 'total', pooled: laws, ...rest };
}

const down = pooled('mlp.down', 1, 0.57, 0.05);
const up = pooled('mlp.up', 1, 0.33, 0.05);
const query = pooled('attn.q', 0.5, 0.3, 0.1);

describe('comparePooled', () => {
  it('says which is steeper and whether the intervals are apart', () => {
    expect(comparePooled(down, query)).toEqual({
      difference: 0.57 - 0.3,
      apart: true,
      sentence:
        'The final mlp.down (exponent 0.57, 0.52 to 0.62) is steeper than attn.q at depth 0.5 (exponent 0.30, 0.20 to 0.40); their 95 % intervals are apart.',
    });
    expect(comparePooled(query, down)).toMatchObject({ apart: true, difference: 0.3 - 0.57 });
    expect(comparePooled(query, up).apart).toBe(false);
    expect(comparePooled(query, up).sentence).toContain('less steep than');
    expect(comparePooled(query, up).sentence).toContain('overlap');
  });

  it('counts intervals that touch as overlapping', () => {
    expect(comparePooled(pooled('a', 1, 1, 0.5), pooled('b', 1, 2, 0.5)).apart).toBe(false);
  });
});

describe('describeSteepest', () => {
  it('says that the final down projection is the steepest, and what that means for the labels', () => {
    const sentences = describeSteepest(document(query, pooled('attn.k', 0.5, 0.2, 0.1), up, down));
    expect(sentences[0]).toBe(
      'The final mlp.down (exponent 0.57, 0.52 to 0.62) is steeper than every role at middle depth (2 laws at depth 0.5, exponents 0.20 to 0.30), 95 % intervals apart.',
    );
    expect(sentences[1]).toContain('this speaks for swapped labels there.');
  });

  it('names the laws whose intervals overlap', () => {
    const wide = pooled('attn.o', 0.5, 0.4, 0.2);
    expect(describeSteepest(document(query, wide, up, down))[0]).toContain(
      'but its 95 % interval overlaps that of attn.o at depth 0.5.',
    );
  });

  it('names the laws that are steeper', () => {
    const steeper = pooled('attn.o', 0.5, 0.6, 0.2);
    expect(describeSteepest(document(query, steeper, up, down))[0]).toContain(
      'at least as steep is attn.o at depth 0.5.',
    );
  });

  it('compares with the middle layer, and counts what is as steep elsewhere', () => {
    const first = ['attn.q', 'attn.k', 'attn.v', 'attn.o'].map((role) => pooled(role, 0.25, 0.9, 0.01));
    const sentences = describeSteepest(document(query, up, ...first, down));
    expect(sentences[0]).toContain('is steeper than every role at middle depth (1 law at depth 0.5');
    expect(sentences[1]).toBe(
      'At least as steep elsewhere: attn.q at depth 0.25, attn.k at depth 0.25, attn.v at depth 0.25 and 1 more.',
    );
  });

  it('leaves the labels open where the intervals overlap, and confirms them where up is steeper', () => {
    expect(describeSteepest(document(query, pooled('mlp.up', 1, 0.5, 0.1), down))[1]).toContain('That leaves open');
    expect(describeSteepest(document(query, pooled('mlp.up', 1, 0.9, 0.1), down))[1]).toContain(
      'printed as MLP up, as here.',
    );
  });

  it('says what is missing', () => {
    expect(describeSteepest(document(query))[0]).toContain('no pooled law of mlp.down at depth 1');
    expect(describeSteepest(document(down))).toEqual([
      'There is no pooled law of a middle layer to compare the final mlp.down with.',
      'There is no pooled law of mlp.up at depth 1 to compare the final mlp.down with.',
    ]);
  });
});
