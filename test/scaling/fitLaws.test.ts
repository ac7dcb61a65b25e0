import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { fitLaws } from '../../src/scaling/fitLaws.ts';
import { POOLED_QUANTILES } from '../../src/scaling/poolLaws.ts';
import type { SettledValue } from '../../src/stability/plateau.ts';
import { SIZES, settled } from './ladders.ts';

const OPTIONS = {
  sizeConvention: 'total',
  source: 'a test',
  ladder: [{ params: 65_536, width: 32, layers: 4 }],
} as const;

/** One value a size and quantile: slopes differ by quantile, and runs scatter. */
function quantileLadder(quantiles: readonly number[] = POOLED_QUANTILES): SettledValue[] {
  const random = createRandom(41);
  return SIZES.flatMap((params) =>
    quantiles.map((quantile) => {
      const value = (1 - quantile + 0.05) * params ** -(0.2 + 0.3 * quantile) * Math.exp(0.1 * random.gaussian());
      return settled(params, value, { quantile });
    }),
  );
}

describe('fitLaws', () => {
  it('fits a law for each role, depth and quantile, in order', () => {
    const values = ['attn.q', 'mlp.down'].flatMap((role) =>
      [1, 0.5].flatMap((depth) =>
        SIZES.flatMap((params) =>
          [0.9, 0.5].map((quantile) => settled(params, params ** -0.3, { role, depth, quantile })),
        ),
      ),
    );
    const { laws, pooled, schema, source, ladder } = fitLaws(values, OPTIONS);
    expect(laws.map((law) => `${law.role} ${law.depth} ${law.quantile}`)).toEqual([
      'attn.q 0.5 0.5',
      'attn.q 0.5 0.9',
      'attn.q 1 0.5',
      'attn.q 1 0.9',
      'mlp.down 0.5 0.5',
      'mlp.down 0.5 0.9',
      'mlp.down 1 0.5',
      'mlp.down 1 0.9',
    ]);
    for (const law of laws) expect(law.exponent).toBeCloseTo(0.3, 12);
    expect(pooled.map((law) => `${law.role} ${law.depth}`)).toEqual([
      'attn.q 0.5',
      'attn.q 1',
      'mlp.down 0.5',
      'mlp.down 1',
    ]);
    expect({ schema, source, ladder }).toEqual({
      schema: 'muonscope.laws/1',
      source: 'a test',
      ladder: OPTIONS.ladder,
    });
  });

  it('fits against the size convention it is told', () => {
    const values = SIZES.map((params) => settled(params, params ** -0.3, { nonEmbeddingParams: params ** 2 }));
    expect(fitLaws(values, OPTIONS).laws[0]!.exponent).toBeCloseTo(0.3, 12);
    const { laws, sizeConvention } = fitLaws(values, { ...OPTIONS, sizeConvention: 'nonEmbedding' });
    expect(laws[0]!.exponent).toBeCloseTo(0.15, 12);
    expect(sizeConvention).toBe('nonEmbedding');
  });

  it('pools to the mean of the slopes of the quantiles', () => {
    const { laws, pooled } = fitLaws(quantileLadder(), OPTIONS);
    const mean = laws.reduce((sum, law) => sum + law.exponent, 0) / laws.length;
    expect(pooled).toHaveLength(1);
    expect(pooled[0]!.exponent).toBeCloseTo(mean, 12);
    expect(pooled[0]!.low).toBeLessThan(mean);
    expect(pooled[0]!.quantiles).toEqual(POOLED_QUANTILES);
  });

  it('pools to least squares with one shared slope and one intercept a quantile', () => {
    const values = quantileLadder();
    const design = new Matrix(
      values.map((s) => [-Math.log(s.params), ...POOLED_QUANTILES.map((q) => (q === s.quantile ? 1 : 0))]),
    );
    const logs = Matrix.columnVector(values.map((s) => Math.log(s.plateau.value!)));
    expect(fitLaws(values, OPTIONS).pooled[0]!.exponent).toBeCloseTo(solve(design, logs).get(0, 0), 11);
  });

  it('does not take five quantiles of one run for five runs', () => {
    const random = createRandom(43);
    const values = SIZES.flatMap((params) => {
      const common = 0.1 * random.gaussian();
      return POOLED_QUANTILES.map((quantile) => settled(params, params ** -0.3 * Math.exp(common), { quantile }));
    });
    const { laws, pooled } = fitLaws(values, OPTIONS);
    expect(pooled[0]!.high - pooled[0]!.low).toBeCloseTo(laws[0]!.high - laws[0]!.low, 12);
  });

  it('pools only the five quantiles, over the runs that have all of them', () => {
    const values = quantileLadder([0.01, ...POOLED_QUANTILES]);
    const smallest = (s: SettledValue) => s.params === SIZES[0];
    const gap = values.filter((s) => !(smallest(s) && s.quantile === 0.9));
    const { pooled, laws } = fitLaws(gap, OPTIONS);
    expect(laws).toHaveLength(6);
    expect(laws.map((law) => law.points.length)).toEqual([5, 5, 5, 5, 5, 4]);
    expect(pooled).toEqual(
      fitLaws(
        values.filter((s) => !smallest(s)),
        OPTIONS,
      ).pooled,
    );
    expect(pooled[0]!.quantiles).toEqual(POOLED_QUANTILES);
  });

  it('leaves out depths that not every size has, and says so', () => {
    const values = SIZES.flatMap((params) => [
      settled(params, params ** -0.3),
      settled(params, params ** -0.3, { depth: 0.5 }),
    ]);
    const eighth = settled(SIZES.at(-1)!, 0.1, { depth: 0.125 });
    const { laws, warnings } = fitLaws([...values, eighth, { ...eighth, role: 'attn.q' }], OPTIONS);
    expect(laws.map((law) => law.depth)).toEqual([0.5, 1]);
    expect(warnings).toContain('depths left out, not every size has them: 0.125 of mlp.down, attn.q');
  });

  it('leaves out empty windows, and says so', () => {
    const values = SIZES.map((params, i) => settled(params, i === 2 ? null : params ** -0.3));
    const { laws, warnings } = fitLaws(values, OPTIONS);
    expect(laws[0]!.points).toHaveLength(4);
    expect(warnings).toContain('no sample in the window: mlp.down at depth 1, quantile 0.5, of n229376');
    const almost = SIZES.map((params, i) => settled(params, i > 0 ? null : 0.1));
    expect(fitLaws(almost, OPTIONS)).toMatchObject({ laws: [], pooled: [] });
  });

  it('says that few sizes cannot show a bend', () => {
    expect(fitLaws(quantileLadder(), OPTIONS).warnings).toEqual([
      'a bend of the laws cannot be told from scatter: that takes 6 sizes, there are 5',
    ]);
  });

  it('carries settling errors and verdicts into the laws', () => {
    const exact = SIZES.map((params) => settled(params, params ** -0.3));
    const { plateau } = exact[0]!;
    const noisy = exact.map((s) => ({ ...s, plateau: { ...s.plateau, logError: 0.05 } }));
    const width = (values: readonly SettledValue[]) => {
      const law = fitLaws(values, OPTIONS).laws[0]!;
      return law.high - law.low;
    };
    expect(width(noisy) / width(exact)).toBeCloseTo(5, 8);
    const short = { ...plateau, verdict: 'too short' as const, logError: Number.POSITIVE_INFINITY };
    const law = fitLaws([{ ...exact[0]!, plateau: short }, ...exact.slice(1)], OPTIONS).laws[0]!;
    expect(law.warnings).toEqual(['1 of 5 points have not settled: n65536 too short']);
    expect(Number.isFinite(law.high)).toBe(true);
  });

  it('makes a document that survives JSON', () => {
    const document = fitLaws(quantileLadder(), OPTIONS);
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('repeats with its seed and differs with another', () => {
    const low = (seed: number) => fitLaws(quantileLadder(), { ...OPTIONS, seed }).laws[0]!.low;
    expect(low(1)).toBe(low(1));
    expect(low(1)).not.toBe(low(2));
  });

  it('refuses one size, and values that have no logarithm', () => {
    expect(() => fitLaws([settled(1e6, 0.1)], OPTIONS)).toThrow(
      'fitLaws: laws need at least two model sizes, got 1 in a test; add runs of other sizes',
    );
    expect(() => fitLaws([], OPTIONS)).toThrow('got 0 in a test');
    expect(() => fitLaws([settled(1e6, 0), settled(1e7, 0.1)], OPTIONS)).toThrow(
      'fitLaw: mlp.down at depth 1, quantile 0.5: a settled value must be positive and finite, got 0 (run n1000000)',
    );
    expect(() => fitLaws([settled(1e6, Number.NaN), settled(1e7, 0.1)], OPTIONS)).toThrow('got NaN');
  });
});
