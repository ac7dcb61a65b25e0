/**
 * Seeded randomness. One seed names one stream; a stream's state is plain data, so a resumed run draws the
 * same numbers as an undisturbed one.
 */
import { xoroshiro128plus, xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** State of a {@link Random} stream: the generator's four 32-bit words and a stored Gaussian, if any. */
export interface RandomState {
  readonly words: readonly number[];
  readonly spareGaussian: number | null;
}

/** A stream of random numbers. */
export interface Random {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number;
  /** Uniform integer in [0, bound); bound <= 2^53. */
  integer(bound: number): number;
  /** Standard normal (polar method). */
  gaussian(): number;
  /** The state from which {@link restoreRandom} continues this stream. */
  state(): RandomState;
}

/** @param seed any integer; different seeds give unrelated streams. */
export function createRandom(seed: number): Random {
  return streamOf(xoroshiro128plus(mix(seed)), null);
}

/** A stream for one purpose (`label`) of a seeded experiment, independent of the other purposes' streams. */
export function createLabelledRandom(seed: number, label: string): Random {
  return createRandom(hash(label, seed | 0));
}

/** Continues a stream from {@link Random.state}. */
export function restoreRandom(state: RandomState): Random {
  return streamOf(xoroshiro128plusFromState(state.words), state.spareGaussian);
}

function streamOf(generator: ReturnType<typeof xoroshiro128plus>, spare: number | null): Random {
  const uniform = (): number => {
    const high = generator.next() >>> 5;
    const low = generator.next() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  };
  const gaussian = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s === 0 || s >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  };
  return {
    uniform,
    gaussian,
    integer: (bound) => Math.floor(uniform() * bound),
    state: () => ({ words: generator.getState(), spareGaussian: spare }),
  };
}

/** Spreads neighbouring seeds apart (murmur3 finaliser). */
function mix(seed: number): number {
  let h = seed | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** FNV-1a over UTF-16 units, started from `seed`. */
function hash(label: string, seed: number): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193);
  return h;
}
