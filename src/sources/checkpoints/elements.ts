/**
 * Raw elements of a file as numbers of JavaScript.
 *
 * float64 and float32 stay what they are; float16 and bfloat16 become float32, which holds each of their values,
 * infinities and NaN payloads included. Nothing is rounded.
 */
import { FormatError } from '../../base/errors.ts';
import type { TensorDtype } from './checkpoint.ts';

/** Types whose elements are read. */
export type FloatDtype = 'float64' | 'float32' | 'float16' | 'bfloat16';
export type Floats = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Bytes an element; "other" has none that is known. */
export const ELEMENT_BYTES: Readonly<Record<TensorDtype, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
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
  return dtype === 'float64' || dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16';
}

/**
 * @param bytes a whole number of elements; their memory may be used for the result
 * @returns shape (bytes.length / element size,)
 */
export function decodeFloats(bytes: Uint8Array<ArrayBuffer>, dtype: FloatDtype, bigEndian = false): Floats {
  const size = ELEMENT_BYTES[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (bigEndian) swapBytes(aligned, size);
  const { buffer, byteOffset } = aligned;
  const length = aligned.length / size;
  switch (dtype) {
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float16':
      return widenFloat16(new Uint16Array(buffer, byteOffset, length));
    case 'bfloat16':
      return widenBfloat16(new Uint16Array(buffer, byteOffset, length));
    default:
      return dtype satisfies never;
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

/** bfloat16 is the upper half of float32. */
function widenBfloat16(words: Uint16Array): Float32Array<ArrayBuffer> {
  const wide = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) wide[i] = words[i]! << 16;
  return new Float32Array(wide.buffer);
}

function widenFloat16(words: Uint16Array): Float32Array<ArrayBuffer> {
  float16Bits ??= Uint32Array.from({ length: 65_536 }, (_, word) => float32Bits(word));
  const wide = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) wide[i] = float16Bits[words[i]!]!;
  return new Float32Array(wide.buffer);
}

/** Bits of the float32 that equals the float16 of the same index; made when first needed. */
let float16Bits: Uint32Array | null = null;

/** 1 sign, 5 exponent, 10 fraction bits become 1, 8, 23 (IEEE 754, 3.6): the exponent's bias grows from 15 to 127. */
function float32Bits(word: number): number {
  const sign = (word & 0x8000) << 16;
  const exponent = (word >> 10) & 0x1f;
  const fraction = word & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // subnormal: the leading bit moves to where the hidden one stands
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

/** Turns every element of `size` bytes around, in place. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}
