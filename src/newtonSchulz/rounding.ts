/**
 * Rounding to the number formats of matrix products, to nearest with ties to even.
 *
 * bf16 has 8 significant bits and the range of float32; fp16 has 11 and becomes coarse below 2^-14; tf32 has 11 and
 * the range of float32. All arithmetic on the rounded numbers is float32.
 */
import type { NsPrecision } from './schedule.ts';

/** Significant bits, the hidden one included. */
export const SIGNIFICANT_BITS: Readonly<Record<NsPrecision, number>> = { float32: 24, tf32: 11, fp16: 11, bf16: 8 };

/** Below this, fp16 has a fixed spacing of {@link FP16_SPACING}. */
export const FP16_SMALLEST_NORMAL: number = 2 ** -14;
export const FP16_SPACING: number = 2 ** -24;

/** Rounds to infinity from here: the middle between the largest fp16, 65504, and the next power of two. */
const FP16_OVERFLOW = 65520;

/**
 * The values rounded to `precision`, as float32.
 *
 * @param values finite
 * @returns a new array; fp16 overflows to infinity
 * @example rounded(Float32Array.of(1.00390625), 'bf16') // [1]: halfway, to even
 */
export function rounded(values: Float32Array, precision: NsPrecision): Float32Array {
  switch (precision) {
    case 'float32':
      return values.slice();
    case 'bf16':
      return dropBits(values, 16);
    case 'tf32':
      return dropBits(values, 13);
    case 'fp16':
      return values.map(toFp16);
    default:
      return precision satisfies never;
  }
}

/** Clears the last `bits` bits after adding half a unit; a tie goes to the even neighbour. */
function dropBits(values: Float32Array, bits: number): Float32Array {
  const out = values.slice();
  const words = new Uint32Array(out.buffer);
  const belowHalf = 2 ** (bits - 1) - 1;
  const kept = ~(2 ** bits - 1);
  for (let i = 0; i < words.length; i++) words[i] = (words[i]! + belowHalf + ((words[i]! >>> bits) & 1)) & kept;
  return out;
}

function toFp16(x: number): number {
  const size = Math.abs(x);
  if (size >= FP16_OVERFLOW) return Math.sign(x) * Number.POSITIVE_INFINITY;
  if (size < FP16_SMALLEST_NORMAL) return roundToEven(x / FP16_SPACING) * FP16_SPACING;
  const spacing = 2 ** (Math.floor(Math.log2(size)) - 10);
  return roundToEven(x / spacing) * spacing;
}

/** Exact: |x| <= 2048 here, and adding 1.5 * 2^52 rounds a float64 to an integer, ties to even. */
function roundToEven(x: number): number {
  const shift = 1.5 * 2 ** 52;
  return x + shift - shift;
}
