/**
 * NumPy's arrays and numbers inside pickles: states of random generators, losses that were logged.
 *
 * @source NumPy 2.4, numpy/_core/src/multiarray/methods.c (array_reduce, array_setstate) and descriptor.c
 */

import type { TensorDtype } from '../checkpoint.ts';
import { decodeFloats, isFloatDtype } from '../elements.ts';
import { NUMPY_TYPES } from '../npyArray.ts';
import { isObject, type PickleRecord, type PickleValue } from '../pickle/pickleValue.ts';
import { lengthsOf } from './torchTensor.ts';

export interface NumpyArray {
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  readonly bytes: Uint8Array;
  readonly columnMajor: boolean;
  readonly bigEndian: boolean;
}

/** An array whose elements stand in the pickle; null if the record is none, or one of Python objects. */
export function numpyArray({ of, args, state }: PickleRecord): NumpyArray | null {
  if (of.endsWith('_reconstruct') && isObject(state) && state.kind === 'tuple') {
    const [, shape, type, columnMajor, bytes] = state.items; // (version, shape, dtype, is Fortran, bytes)
    return arrayOf(shape, type, columnMajor === true, bytes);
  }
  if (!of.endsWith('_frombuffer')) return null;
  const [bytes, type, shape, order] = args;
  return arrayOf(shape, type, order === 'F', bytes);
}

/** A number that NumPy made; null if it is another kind of element. */
export function numpyScalar({ of, args }: PickleRecord): number | bigint | boolean | null {
  const [type, value] = of.endsWith('multiarray.scalar') ? args : [];
  const element = elementType(type);
  if (element === null || !isObject(value) || value.kind !== 'bytes' || value.bytes.length !== element.size)
    return null;
  const { code, dtype, bigEndian } = element;
  if (isFloatDtype(dtype)) return decodeFloats(new Uint8Array(value.bytes), dtype, bigEndian)[0] ?? null;
  const integer = integerOf(bigEndian ? value.bytes.toReversed() : value.bytes);
  if (code === 'b1') return integer !== 0n;
  if (code.startsWith('u')) return narrow(integer);
  return code.startsWith('i') ? narrow(BigInt.asIntN(8 * element.size, integer)) : null;
}

/** Little-endian, without a sign. */
function integerOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((integer, byte) => (integer << 8n) | BigInt(byte), 0n);
}

function narrow(integer: bigint): number | bigint {
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}

function arrayOf(
  shape: PickleValue | undefined,
  type: PickleValue | undefined,
  columnMajor: boolean,
  bytes: PickleValue | undefined,
): NumpyArray | null {
  const lengths = lengthsOf(shape);
  const element = elementType(type);
  if (lengths === null || element === null || !isObject(bytes) || bytes.kind !== 'bytes') return null;
  return { shape: lengths, dtype: element.dtype, bytes: bytes.bytes, columnMajor, bigEndian: element.bigEndian };
}

interface ElementType {
  /** Kind and bytes: "f8". */
  readonly code: string;
  readonly size: number;
  readonly dtype: TensorDtype;
  readonly bigEndian: boolean;
}

/** numpy.dtype(code, align, copy) with the state (version, byte order, ...) */
function elementType(type: PickleValue | undefined): ElementType | null {
  if (!isObject(type) || type.kind !== 'record' || type.of !== 'numpy.dtype') return null;
  const [code] = type.args;
  if (typeof code !== 'string' || !/^[fiubc]\d{1,2}$/.test(code)) return null;
  const order = isObject(type.state) && type.state.kind === 'tuple' ? type.state.items[1] : '<';
  return {
    code,
    size: Number(code.slice(1)),
    dtype: NUMPY_TYPES.get(code) ?? 'other',
    bigEndian: order === '>',
  };
}
