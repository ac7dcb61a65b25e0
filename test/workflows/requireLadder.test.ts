import { describe, expect, it } from 'vitest';
import { longestInterval, requireSettledSpectra, trackingInterval } from '../../src/workflows/cadence.ts';
import { usableMemory } from '../../src/workflows/machine.ts';
import { presetNamed, studyRun, trainConfig } from '../../src/workflows/presets.ts';
import { requireDifferentSizes, requireMemory } from '../../src/workflows/requireLadder.ts';

const smoke = presetNamed('smoke');
const rungOf = (layers: number, width: number) =>
  studyRun({ layers, width }, trainConfig({ layers, width }, { ...smoke, seed: 1, vocabulary: 256 }), 5);

describe('a ladder', () => {
  it('needs two sizes that differ', () => {
    const [a, b] = [
      { layers: 2, width: 32 },
      { layers: 2, width: 48 },
    ];
    expect(() => requireDifferentSizes([a, b])).not.toThrow();
    expect(() => requireDifferentSizes([a])).toThrow('laws need at least two sizes, got 2x32');
    expect(() => requireDifferentSizes([a, b, { ...a }])).toThrow('got 2x32 more than once');
  });

  it('must fit the memory, and the refusal says how much it would need', () => {
    expect(() => requireMemory(rungOf(4, 96), 2 ** 30)).not.toThrow();
    expect(() => requireMemory(rungOf(4, 96), 2 ** 27)).toThrow(
      /^4x96: training 492k parameters in batches of 8 x 64 tokens needs about \d+ MiB of memory, this machine has 128 MiB;/,
    );
    expect(usableMemory()).toBeGreaterThan(2 ** 27);
  });

  it('must leave a spectrum in the steps that settled values are read from', () => {
    expect(() => requireSettledSpectra(27, 30)).not.toThrow();
    expect(() => requireSettledSpectra(28, 30)).toThrow('use at most 4');
    const config = trainConfig({ layers: 1, width: 16 }, { ...smoke, steps: 20, seed: 1, vocabulary: 256 });
    expect(trackingInterval(config, 5)).toBe(3);
    expect([30, 150, 300].map(longestInterval)).toEqual([4, 22, 45]);
  });
});

it.each(['smoke', 'quick', 'full'])('the %s ladder fits a machine of 8 GiB and leaves spectra to judge', (name) => {
  const preset = presetNamed(name);
  requireDifferentSizes(preset.rungs);
  expect(preset.every).toBeLessThanOrEqual(longestInterval(preset.steps));
  for (const rung of preset.rungs) {
    const config = trainConfig(rung, { ...preset, seed: 1, vocabulary: 256 });
    expect(() => requireMemory(studyRun(rung, config, preset.every), 8 * 2 ** 30)).not.toThrow();
  }
});
