/**
 * Raw elements of a file as numbers of JavaScript.
 *
 * float64 and float32 stay what they are; float16, bfloat16 and float8 become float32, which holds each of their values,
 * infinities and NaN payloads included. Nothing is rounded.
 */
import { FormatError } from '../../base/errors.ts';
import type { TensorDtype } from './checkpoint.ts';

/** Types whose elements are read. */
export const FLOAT_DTYPES = ['float64', 'float32', 'float16', 'bfloat16', 'float8_e4m3fn', 'float8_e5m2'] as const;
export type FloatDtype = (typeof FLOAT_DTYPES)[number];
export type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Bytes an element; "other" has none that is known. */
export const ELEMENT_BYTES: Readonly<Record<TensorDtype, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8: 1,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
  other: 0,
};

/** Whether its elements are read. */
export function isFloatDtype(dtype: TensorDtype): dtype is FloatDtype {
  return FLOAT_DTYPES.some((known) => known === dtype);
}

/**
 * @param bytes a whole number of elements; their memory may be used for the result
 * @returns shape (bytes.length / element size,)
 */
export function decodeFloats(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype, bigEndian = false): Floats {
  const size = ELEMENT_BYTES[dtype];
  const length = bytes.length / size;
  if (dtype !== 'float64' && dtype !== 'float32') {
    const result = new Float32Array(length);
    widenInto(result, bytes, dtype, bigEndian);
    return result;
  }
  const { buffer, byteOffset } = inOrder(bytes, size, bigEndian);
  return dtype === 'float64'
    ? new Float64Array(buffer, byteOffset, length)
    : new Float32Array(buffer, byteOffset, length);
}

/** Types whose elements are widened. */
export type SmallDtype = Exclude<FloatDtype, 'float64' | 'float32'>;

/**
 * Writes elements where they belong, without an array in between.
 *
 * @param target shape (bytes.length / element size,)
 * @param bytes as for decodeFloats
 */
export function widenInto(
  target: Float32Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  dtype: SmallDtype,
  bigEndian = false,
): void {
  const wide = new Uint32Array(target.buffer, target.byteOffset, target.length);
  const { buffer, byteOffset } = inOrder(bytes, ELEMENT_BYTES[dtype], bigEndian);
  switch (dtype) {
    case 'bfloat16':
      widenBfloat16(wide, new Uint16Array(buffer, byteOffset, wide.length));
      break;
    case 'float16':
      widenBy(bitsOf(dtype), wide, new Uint16Array(buffer, byteOffset, wide.length));
      break;
    case 'float8_e4m3fn':
    case 'float8_e5m2':
      widenBy(bitsOf(dtype), wide, new Uint8Array(buffer, byteOffset, wide.length));
      break;
    default:
      dtype satisfies never;
  }
}

/**
 * An array for `length` elements.
 *
 * @throws FormatError if this machine cannot hold so many
 */
export function allocateFloats(where: string, dtype: FloatDtype, length: number): Floats {
  try {
    return dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
  } catch (error) {
    throw new FormatError(
      `${where}: expected to hold ${length} elements at once, got no memory for them; read fewer`,
      undefined,
      { cause: error },
    );
  }
}

/** Aligned and little-endian, in place where they can be. */
function inOrder(bytes: Uint8Array<ArrayBuffer>, size: number, bigEndian: boolean): Uint8Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (bigEndian) swapBytes(aligned, size);
  return aligned;
}

/** bfloat16 is the upper half of float32. */
function widenBfloat16(wide: Uint32Array, words: Uint16Array): void {
  for (let i = 0; i < words.length; i++) wide[i] = words[i]! << 16;
}

/** By a table of the bits of every value there is. */
function widenBy(bits: Uint32Array, wide: Uint32Array, words: Uint16Array | Uint8Array): void {
  for (let i = 0; i < words.length; i++) wide[i] = bits[words[i]!]!;
}

type SmallFloat = Exclude<SmallDtype, 'bfloat16'>;

/** Bits of the float32 that equals each word of the type; made when first needed. */
function bitsOf(dtype: SmallFloat): Uint32Array {
  const known = tables.get(dtype);
  if (known) return known;
  const made = Uint32Array.from({ length: dtype === 'float16' ? 65_536 : 256 }, (_, word) => WIDENED[dtype](word));
  tables.set(dtype, made);
  return made;
}

const tables = new Map<SmallFloat, Uint32Array>();

/**
 * 1 sign, `exponent` and `fraction` bits become 1, 8, 23: the exponent's bias grows to 127.
 *
 * @source IEEE 754, 3.6 for float16; Micikevicius et al. 2022, arXiv:2209.05433, table 1: e5m2 is the upper half of a float16, e4m3 has
 *   no infinities and one NaN of either sign
 */
const WIDENED: Readonly<Record<SmallFloat, (word: number) => number>> = {
  float16: (word) => widenedBits(word, { exponentBits: 5, fractionBits: 10, hasInfinity: true }),
  float8_e5m2: (word) => widenedBits(word, { exponentBits: 5, fractionBits: 2, hasInfinity: true }),
  float8_e4m3fn: (word) =>
    (word & 0x7f) === 0x7f
      ? ((word & 0x80) << 24) | 0x7fc00000
      : widenedBits(word, { exponentBits: 4, fractionBits: 3, hasInfinity: false }),
};

function widenedBits(
  word: number,
  {
    exponentBits,
    fractionBits,
    hasInfinity,
  }: { readonly exponentBits: number; readonly fractionBits: number; readonly hasInfinity: boolean },
): number {
  const most = 2 ** exponentBits - 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const left = 23 - fractionBits;
  const sign = (word >> (exponentBits + fractionBits)) << 31;
  const exponent = (word >> fractionBits) & most;
  const fraction = word & (2 ** fractionBits - 1);
  if (hasInfinity && exponent === most) return sign | 0x7f800000 | (fraction << left);
  if (exponent > 0) return sign | ((exponent + 127 - bias) << 23) | (fraction << left);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - (31 - fractionBits); // subnormal: the leading bit moves to where the hidden one stands
  return sign | ((128 - bias - shift) << 23) | (((fraction << shift) & (2 ** fractionBits - 1)) << left);
}

/** Turns every element of `size` bytes around, in place. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}
