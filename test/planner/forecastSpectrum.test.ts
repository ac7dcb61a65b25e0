import { describe, expect, test } from 'vitest';
import { forecastSpectrum } from '../../src/planner/forecastSpectrum.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';

const laws = publishedLaws();

describe('forecast spectrum', () => {
  test('is that of the laws: final O at 300B has its median at 5.56e-5', () => {
    const { quantiles, values, rows, columns } = forecastSpectrum(laws, { role: 'attn.o', depth: 1, params: 300e9 });
    expect(quantiles).toEqual([0.1, 0.25, 0.5, 0.75, 0.9]);
    expect(values[2]! / 5.56e-5).toBeCloseTo(1, 2);
    expect(rows).toBe(columns);
  });

  test('descends even where laws cross', () => {
    for (const { role, depth } of laws.pooled) {
      const { values } = forecastSpectrum(laws, { role, depth, params: 1e18 });
      expect(values).toEqual([...values].sort((a, b) => b - a));
    }
  });

  test('an unknown role or depth lists the known ones', () => {
    expect(() => forecastSpectrum(laws, { role: 'attn.x', depth: 1, params: 1e9 })).toThrow(
      'laws: no role "attn.x"; there are attn.q, attn.k, attn.v, attn.o, mlp.up, mlp.down',
    );
    expect(() => forecastSpectrum(laws, { role: 'attn.q', depth: 0.6, params: 1e9 })).toThrow(
      'laws: attn.q has no depth 0.6; there are 0.25, 0.5, 0.75, 1',
    );
  });
});
