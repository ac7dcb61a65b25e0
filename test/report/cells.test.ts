import { describe, expect, test } from 'vitest';
import { chartDepths, chartQuantiles, inCellOrder, quantileRank, rolesOf, shortLabel } from '../../src/report/cells.ts';

const at = (role: string, depth: number) => ({ role, depth });

describe('cells', () => {
  test('roles come attention first, then MLP, then unknown names by the alphabet', () => {
    const cells = ['zeta', 'mlp.down', 'alpha', 'attn.o', 'attn.q'].map((role) => at(role, 1));
    expect(rolesOf(cells)).toEqual(['attn.q', 'attn.o', 'mlp.down', 'alpha', 'zeta']);
    expect(inCellOrder([at('mlp.up', 1), at('attn.q', 1), at('attn.q', 0.5)])).toEqual([
      at('attn.q', 0.5),
      at('attn.q', 1),
      at('mlp.up', 1),
    ]);
  });

  test('up to four depths are all shown, of more those nearest to each quarter', () => {
    expect(chartDepths([at('a', 1), at('a', 0.5)])).toEqual([0.5, 1]);
    const eight = Array.from({ length: 8 }, (_, i) => at('a', (i + 1) / 8));
    expect(chartDepths(eight)).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test('the five quantiles of the paper are shown where present, others only without them', () => {
    expect(chartQuantiles([0.99, 0.5, 0.01, 0.1, 0.5])).toEqual([0.1, 0.5]);
    expect(chartQuantiles([0.99, 0.01])).toEqual([0.01, 0.99]);
  });

  test('a quantile keeps its colour whichever others are shown', () => {
    expect([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99].map(quantileRank)).toEqual([0, 0, 1, 2, 3, 4, 4]);
  });

  test('labels are cut by characters, not code units', () => {
    expect(shortLabel('😀'.repeat(5), 4)).toBe('😀😀😀…');
    expect(shortLabel('abcd', 4)).toBe('abcd');
  });
});
