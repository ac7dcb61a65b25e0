import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/base/errors.ts';
import { scheduleOf } from '../../src/newtonSchulz/catalogue.ts';
import { response } from '../../src/newtonSchulz/response.ts';
import { findingsOf, normFinding } from '../../src/planner/auditFindings.ts';
import { entryShrink, isNearEpsilon, judgeSpectrum } from '../../src/planner/auditMatrix.ts';

const JORDAN = scheduleOf('jordan', 5);
/** From 1 down to 1e-5, evenly spaced in log. */
const SPREAD = Array.from({ length: 100 }, (_, i) => 10 ** ((-5 * i) / 99));

describe('judgeSpectrum', () => {
  it('counts directions whose output stays below each level, as the response gives it', () => {
    const judged = judgeSpectrum(SPREAD, [100, 100], JORDAN);
    const norm = Math.sqrt(SPREAD.reduce((sum, s) => sum + s * s, 0));
    const outputs = response(
      SPREAD.map((s) => s / norm),
      JORDAN,
    );
    for (const level of [0.1, 0.5, 0.7] as const)
      expect(judged.exactBelow[`${level}`]).toBe(outputs.filter((output) => output < level).length / 100);
    expect(judged.frobenius).toBeCloseTo(norm, 12);
    expect(judged.kept).toBe(1 - judged.below['0.5']);
  });

  it('does not depend on the scale of the matrix as long as epsilon does not matter', () => {
    const scaled = judgeSpectrum(
      SPREAD.map((s) => 1e6 * s),
      [100, 100],
      JORDAN,
    );
    const { below, exactBelow, descentKept } = judgeSpectrum(SPREAD, [100, 100], JORDAN);
    expect(scaled).toMatchObject({ below, exactBelow, descentKept: expect.closeTo(descentKept, 6) });
  });

  it('keeps all of the descent of a flat spectrum under a schedule that brings it to 1', () => {
    const flat = judgeSpectrum(Array(64).fill(3), [64, 64], scheduleOf('polar-express', 8));
    expect(flat).toMatchObject({ kept: 1, exactBelow: { '0.1': 0, '0.5': 0, '0.7': 0 } });
    expect(flat.descentKept).toBeCloseTo(1, 3);
  });

  it('weighs what is lost by its singular value', () => {
    const judged = judgeSpectrum([1, ...Array(99).fill(1e-6)], [100, 100], JORDAN);
    expect(judged.exactBelow['0.1']).toBe(0.99);
    expect(judged.descentKept).toBeGreaterThan(0.68);
  });

  it('shrinks every direction where the norm is near epsilon', () => {
    const tiny = judgeSpectrum(
      SPREAD.map((s) => 1e-9 * s),
      [100, 100],
      JORDAN,
    );
    const norm = judgeSpectrum(SPREAD, [100, 100], JORDAN).frobenius * 1e-9;
    expect(entryShrink(norm, JORDAN.entry)).toBeCloseTo(norm / (norm + 1e-7), 12);
    expect(tiny.kept).toBeLessThan(judgeSpectrum(SPREAD, [100, 100], JORDAN).kept);
    expect(isNearEpsilon(norm, JORDAN.entry)).toBe(true);
    expect(isNearEpsilon(1, JORDAN.entry)).toBe(false);
  });

  it('says what bf16 takes whatever the steps, and that a remedy gives some of it back', () => {
    const deep = scheduleOf('deepseek-v4', 10, { precision: 'bf16' });
    const spectrum = [1, ...Array.from({ length: 95 }, (_, i) => 10 ** (-3 - i / 47))]; // an outlier, then 1e-3 to 1e-5
    const judged = judgeSpectrum(spectrum, [96, 96], deep);
    expect(judged.exactBelow['0.5']).toBe(0);
    expect(judged.floor).toMatchObject({ precision: 'bf16' });
    expect(judged.floor.lost).toBeGreaterThan(0.2);
    expect(judged.floor.small).toBeLessThan(judged.floor.median);
    expect(judged.below['0.5']).toBeGreaterThanOrEqual(judged.floor.lost - 0.05);
    expect(judgeSpectrum(spectrum, [96, 96], deep, 'deflation').kept).toBeGreaterThan(judged.kept);
  });

  it('refuses a schedule that rescales rows', () => {
    expect(() => judgeSpectrum(SPREAD, [100, 100], scheduleOf('aol', 4))).toThrow(DomainError);
  });
});

describe('findings', () => {
  const skipped = { name: 'w', shape: [4, 4], reason: 'because', checkpoint: 'a.pt' };

  it('are what Muon does not update, then what it should not; other optimizers are none', () => {
    const causes = ['embedding', 'moments', 'shard', 'vector', 'missing', 'head'] as const;
    expect(
      findingsOf(causes.map((cause) => ({ ...skipped, cause }))).map(({ kind, severity }) => [kind, severity]),
    ).toEqual([
      ['shard', 'error'],
      ['missing', 'error'],
      ['embedding', 'warning'],
      ['head', 'warning'],
    ]);
  });

  it('tell a zero momentum from one near epsilon', () => {
    const matrix = { name: 'w', shape: [4, 4] } as const;
    expect(normFinding(matrix, 0, JORDAN.entry)).toMatchObject({ kind: 'zero', severity: 'error' });
    expect(normFinding(matrix, 1e-7, JORDAN.entry)?.reason).toBe(
      'its norm 1e-7 is near the epsilon 1e-7 of the entry, which makes every direction 2 times smaller',
    );
    expect(normFinding(matrix, 1, JORDAN.entry)).toBeNull();
  });
});
