import { describe, expect, it } from 'vitest';
import { gptParams } from '../../src/scaling/sizes.ts';

describe('gptParams', () => {
  it('counts 12 L d^2 without and 2 V d more with embedding and head', () => {
    expect(gptParams({ layers: 4, width: 32, vocabulary: 256 })).toEqual({
      params: 65_536,
      nonEmbeddingParams: 49_152,
    });
    expect(gptParams({ layers: 1, width: 1, vocabulary: 1 })).toEqual({ params: 14, nonEmbeddingParams: 12 });
  });

  it('gives the sizes of arXiv:2606.04058 as totals', () => {
    const total = (layers: number, width: number) => gptParams({ layers, width, vocabulary: 50_257 }).params / 1e6;
    expect(Math.round(total(8, 512))).toBe(77);
    expect(Math.round(total(20, 1024))).toBe(355);
    expect(total(32, 2560) / 1000).toBeCloseTo(2.8, 1);
  });

  it('refuses sizes that are not positive integers', () => {
    expect(() => gptParams({ layers: 0, width: 32, vocabulary: 256 })).toThrow(
      'gptParams: layers must be an integer of at least 1, got 0',
    );
    expect(() => gptParams({ layers: 4, width: 31.5, vocabulary: 256 })).toThrow('width must be an integer');
  });
});
