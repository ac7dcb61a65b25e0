import { describe, expect, it } from 'vitest';
import { median } from '../../src/base/sums.ts';
import { ASSUMED_SCATTER } from '../../src/scaling/bootstrap.ts';
import { forecast } from '../../src/scaling/forecast.ts';
import type { Law } from '../../src/scaling/law.ts';
import { publishedLaws } from '../../src/scaling/published/publishedLaws.ts';
import {
  PUBLISHED_LABEL_NOTE,
  PUBLISHED_LADDER,
  PUBLISHED_PANELS,
  PUBLISHED_QUANTILES,
} from '../../src/scaling/published/spectralLaws.ts';
import { gptParams } from '../../src/scaling/sizes.ts';
import { DRIFT_TOLERANCE } from '../../src/stability/window.ts';

const document = publishedLaws();

function law(role: string, depth: number, quantile: number): Law {
  return document.laws.find((l) => l.role === role && l.depth === depth && l.quantile === quantile)!;
}

describe('the published values', () => {
  it('are 840, positive, falling with the quantile', () => {
    expect(PUBLISHED_PANELS).toHaveLength(24);
    expect(PUBLISHED_PANELS.flatMap((panel) => panel.values.flat())).toHaveLength(840);
    for (const { printed, values } of PUBLISHED_PANELS)
      for (let j = 0; j < PUBLISHED_LADDER.length; j++)
        for (let i = 1; i < PUBLISHED_QUANTILES.length; i++) {
          expect(values[i]![j]!, `${printed}, size ${j}`).toBeLessThan(values[i - 1]![j]!);
          expect(values[i]![j]!).toBeGreaterThan(0);
        }
  });

  it('belong to a ladder whose parameter counts follow from its layers and widths', () => {
    for (const { params, width, layers } of PUBLISHED_LADDER)
      expect(Math.abs(gptParams({ layers, width, vocabulary: 50_257 }).params / params - 1)).toBeLessThan(0.02);
  });
});

describe('publishedLaws', () => {
  it('has a law for six roles, four depths and five quantiles', () => {
    expect(document.laws).toHaveLength(120);
    expect(new Set(document.laws.map((l) => l.role))).toEqual(
      new Set(['attn.q', 'attn.k', 'attn.v', 'attn.o', 'mlp.up', 'mlp.down']),
    );
    expect(document.sizeConvention).toBe('total');
    expect(document.warnings).toEqual([PUBLISHED_LABEL_NOTE]);
  });

  it.each(PUBLISHED_PANELS.map((p) => [p.printed, p] as const))('has the printed exponent: %s', (_, panel) => {
    const pooled = document.pooled.find((p) => p.role === panel.role && p.depth === panel.depth)!;
    expect(pooled.exponent.toFixed(2)).toBe(panel.printedExponent.toFixed(2));
    expect(pooled.low).toBeLessThan(panel.printedExponent);
    expect(pooled.high).toBeGreaterThan(panel.printedExponent);
  });

  it('forecasts the examples at 300B', () => {
    expect(Math.abs(forecast(law('attn.q', 0.75, 0.5), 300e9).value / 1.48e-3 - 1)).toBeLessThan(0.01);
    expect(Math.abs(forecast(law('attn.o', 1, 0.5), 300e9).value / 5.56e-5 - 1)).toBeLessThan(0.01);
  });

  it('flags the steepest matrix as curved at every quantile', () => {
    for (const quantile of PUBLISHED_QUANTILES) {
      const steepest = law('mlp.up', 1, quantile);
      expect(steepest.comparison.preferred).toBe('curved');
      expect(steepest.warnings.join()).toContain('curved: the decay steepens with size');
    }
  });

  it('flags attn.o at depth 0.25 as poorly fitted at every quantile', () => {
    for (const quantile of PUBLISHED_QUANTILES)
      expect(law('attn.o', 0.25, quantile).warnings.join()).toContain('poorly fitted: R2 is 0.');
    expect(law('attn.o', 0.25, 0.1).r2).toBeCloseTo(0.48, 2);
    expect(law('attn.o', 0.25, 0.9).r2).toBeCloseTo(0.79, 2);
  });

  it('does not call any clear law poorly fitted', () => {
    const poor = document.laws.filter((l) => l.warnings.some((w) => w.startsWith('poorly')));
    expect(new Set(poor.map((l) => `${l.role} ${l.depth}`))).toEqual(
      new Set(['attn.q 0.25', 'attn.v 0.25', 'attn.v 0.5', 'attn.o 0.25']),
    );
  });

  it('has the baseline of 1 / sqrt(width), about params^-0.22', () => {
    for (const { baselineExponent } of document.laws) expect(baselineExponent).toBeCloseTo(0.2213, 4);
  });

  it('predicts the held-out 2.8B from the smaller sizes', () => {
    for (const { heldOut } of document.laws) expect(heldOut!.params).toBe(2.8e9);
    const errors = document.laws.map((l) => Math.abs(Math.log(l.heldOut!.predicted / l.heldOut!.actual)));
    expect(median(errors)).toBeLessThan(0.15);
  });

  it('scatters by 0.076 in the median, which the tolerance of a drift and two-size laws rest on', () => {
    const scatters = document.laws.map((l) => {
      const squares = l.points.map((p) => Math.log(p.value / forecast(l, p.params).value) ** 2);
      return Math.sqrt(squares.reduce((a, b) => a + b) / (l.points.length - 2));
    });
    expect(median(scatters)).toBeCloseTo(ASSUMED_SCATTER, 3);
    expect(DRIFT_TOLERANCE / 2).toBeCloseTo(ASSUMED_SCATTER, 2);
  });

  it('without embeddings count 12 L d^2, with the same values', () => {
    const [total, without] = [publishedLaws(), publishedLaws('nonEmbedding')];
    expect(without.sizeConvention).toBe('nonEmbedding');
    for (const { params, width, layers } of without.ladder) {
      expect(params).toBe(gptParams({ layers, width, vocabulary: 50_257 }).nonEmbeddingParams);
    }
    expect(without.laws.map((law) => law.points.map(({ value }) => value))).toEqual(
      total.laws.map((law) => law.points.map(({ value }) => value)),
    );
  });
});
