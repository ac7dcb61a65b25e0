import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { entropyGain, entropySlopes, firstOrderGain } from '../../src/dynamics/entropyGain.ts';
import { drawSpectrum, SPECTRUM_KINDS } from '../../src/dynamics/spectrumKinds.ts';
import { competitors, POLAR } from '../../src/dynamics/updateRules.ts';

const weightsOf = (seed: number): Float64Array =>
  drawSpectrum(SPECTRUM_KINDS[seed % SPECTRUM_KINDS.length], 12, createRandom(seed));

/** All permutations of a short list. */
function permutations(values: readonly number[]): number[][] {
  if (values.length < 2) return [[...values]];
  return values.flatMap((value, i) =>
    permutations([...values.slice(0, i), ...values.slice(i + 1)]).map((rest) => [value, ...rest]),
  );
}

describe('slopes of the spectral entropy', () => {
  test('of a flat spectrum are 0', () => {
    for (const slope of entropySlopes([2, 2, 2])) expect(Math.abs(slope)).toBeLessThan(1e-15);
  });

  test('of (1, 1/e) are -(ln p + H) / S', () => {
    const [w0, w1] = [1, Math.exp(-1)];
    const [p0, p1] = [w0 / (w0 + w1), w1 / (w0 + w1)];
    const entropy = -p0 * Math.log(p0) - p1 * Math.log(p1);
    const [a0, a1] = entropySlopes([w0, w1]);
    expect(a0).toBeCloseTo(-(Math.log(p0) + entropy) / (w0 + w1), 14);
    expect(a1).toBeCloseTo(-(Math.log(p1) + entropy) / (w0 + w1), 14);
  });

  test('are the derivative of the entropy in each value', () => {
    const weights = weightsOf(3);
    const slopes = entropySlopes(weights);
    for (let i = 0; i < weights.length; i++) {
      const unit = weights.map((_, k) => (k === i ? 1 : 0));
      const h = 1e-5 * weights[i];
      const central = (entropyGain(weights, unit, h) - entropyGain(weights, unit, -h)) / (2 * h);
      expect(central).toBeCloseTo(slopes[i], 6);
    }
  });

  test('sum to something positive unless the spectrum is flat', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 12 }), (w) => {
        expect(firstOrderGain(entropySlopes(w), new Array(w.length).fill(1))).toBeGreaterThan(-1e-9);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('the polar update', () => {
  test('beats every other rule on average over all pairings, and in the worst of them, by brute force', () => {
    const random = createRandom(11);
    for (let instance = 0; instance < 10; instance++) {
      const slopes = entropySlopes(drawSpectrum('lognormal', 5, random));
      const gradient = drawSpectrum('power law', 5, random);
      const polar = firstOrderGain(slopes, POLAR.update(gradient));
      for (const rule of competitors(random)) {
        const gains = permutations([...rule.update(gradient)]).map((update) => firstOrderGain(slopes, update));
        const average = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
        expect(average).toBeLessThan(polar);
        expect(Math.min(...gains)).toBeLessThan(polar);
      }
    }
  });

  test('never lowers the entropy of weights it grows, whatever the length of the step', () => {
    for (let seed = 0; seed < 20; seed++) {
      const weights = weightsOf(seed);
      let last = 0;
      for (const eta of [1e-3, 1e-2, 0.1, 1, 10, 100]) {
        const gain = entropyGain(weights, POLAR.update(weights), eta);
        expect(gain).toBeGreaterThan(last - 1e-13);
        last = gain;
      }
    }
  });
});
