/** Random spectra for instances of the experiments: shapes that momentum and weights show, and extremes of them. */
import type { Random } from '../base/random.ts';

export type SpectrumKind = 'uniform' | 'lognormal' | 'power law' | 'outlier' | 'two levels';

export const SPECTRUM_KINDS: readonly SpectrumKind[] = ['uniform', 'lognormal', 'power law', 'outlier', 'two levels'];

/** @returns (modes,), positive, in random order */
export function drawSpectrum(kind: SpectrumKind, modes: number, random: Random): Float64Array {
  const values = Float64Array.from({ length: modes }, (_, i) => {
    switch (kind) {
      case 'uniform':
        return 0.01 + random.uniform();
      case 'lognormal':
        return Math.exp(random.gaussian());
      case 'power law':
        return (i + 1) ** -1 * (0.5 + random.uniform());
      case 'outlier':
        return i === 0 ? 20 : 0.1 + random.uniform();
      case 'two levels':
        return random.uniform() < 0.5 ? 1 : 0.1;
      default:
        return kind satisfies never;
    }
  });
  return shuffled(values, random);
}

/** A random permutation (Fisher and Yates). */
export function shuffled(values: Float64Array, random: Random): Float64Array {
  const out = Float64Array.from(values);
  for (let i = out.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}
