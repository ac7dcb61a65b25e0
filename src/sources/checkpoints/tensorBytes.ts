/**
 * Tensors in raw bytes: row-major or with strides, little- or big-endian.
 *
 * 1. Where the tensor lies is checked against its storage when it is made: an absurd shape costs no memory.
 * 2. A range of the flattened tensor is cut into boxes: whole in their last dimensions, one index in their first.
 * 3. A box whose span in the storage is too long is halved along the dimension that makes it long.
 * 4. The span of what remains is read, widened, and its elements are put in their places.
 *
 * Memory: the result and one span of 4 MiB. A row-major range of float32 or float64 is read into the result itself.
 */
import { DomainError, FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource } from '../bytes/byteSource.ts';
import type { CheckpointTensor, TensorDtype } from './checkpoint.ts';
import {
  allocateFloats,
  decodeFloats,
  ELEMENT_BYTES,
  FLOAT_DTYPES,
  type FloatDtype,
  type Floats,
  isFloatDtype,
  widenInto,
} from './elements.ts';
import { type Box, boxesOf, halvesOf, rowMajorStrides, spanOf, type TensorRange } from './tensorBoxes.ts';

/** Where a tensor's elements lie. */
export interface TensorPlace {
  readonly path: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  /** The storage; nothing is read before the tensor is. */
  readonly bytes: Pick<ByteSource, 'name' | 'byteLength' | 'slice'>;
  /** Elements of the storage before the tensor's first. */
  readonly offset?: number;
  /** Elements of the storage from one index to the next, a dimension each; row-major by default. */
  readonly strides?: readonly number[];
  readonly bigEndian?: boolean;
}

/**
 * A tensor of a checkpoint whose elements lie in `place.bytes`.
 *
 * @throws FormatError if the shape is absurd or elements lie outside the storage
 */
export function tensorAt(place: TensorPlace): CheckpointTensor {
  const { path, shape, dtype, bytes, offset = 0, strides = rowMajorStrides(shape), bigEndian = false } = place;
  const where = `${bytes.name}: tensor ${printable(path.join('.'))}`;
  const elements = countElements(shape, where);
  requireInside(where, { shape, dtype, byteLength: bytes.byteLength, offset, strides }, elements);
  return {
    kind: 'tensor',
    path,
    shape,
    dtype,
    read: async (begin = 0, end = elements) => {
      requireFloats(where, dtype);
      requireElements(where, elements, begin, end);
      if (elements * ELEMENT_BYTES[dtype] > bytes.byteLength)
        throw new FormatError(
          `${where}: expected elements of their own, got ${elements} that share ${bytes.byteLength} bytes; save a contiguous copy`,
        );
      return await readRange({ where, shape, dtype, bytes, offset, strides, bigEndian }, begin, end);
    },
  };
}

/** Most dimensions NumPy and PyTorch can have. */
const MAX_RANK = 64;

/**
 * Elements of a tensor of this shape.
 *
 * @throws FormatError if a dimension is no count, or there are more elements than any file can hold
 */
export function countElements(shape: readonly number[], where: string): number {
  if (shape.length > MAX_RANK)
    throw new FormatError(
      `${where}: expected at most ${MAX_RANK} dimensions, got ${shape.length}; the file is damaged`,
    );
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0 && 1 / dimension > 0))
    // -0 is none
    throw new FormatError(`${where}: expected dimensions of 0 or more, got [${shape}]; the file is damaged`);
  const elements = shape.includes(0) ? 0 : shape.reduce((product, dimension) => product * dimension, 1);
  if (!Number.isSafeInteger(elements))
    throw new FormatError(`${where}: expected a shape that a file can hold, got [${shape}]; the file is damaged`);
  return elements;
}

/** @throws FormatError unless every element lies in the storage */
function requireInside(
  where: string,
  place: {
    shape: readonly number[];
    dtype: TensorDtype;
    byteLength: number;
    offset: number;
    strides: readonly number[];
  },
  elements: number,
): void {
  const { shape, dtype, byteLength, offset, strides } = place;
  const counts = [offset, ...strides];
  if (strides.length !== shape.length || !counts.every((count) => Number.isSafeInteger(count) && count >= 0))
    throw new FormatError(
      `${where}: expected an offset and a stride of 0 or more for each of ${shape.length} dimensions, got ${offset} and [${strides}]; the file is damaged`,
    );
  const end = elements === 0 ? offset : offset + spanOf(shape, strides);
  if (end * ELEMENT_BYTES[dtype] > byteLength)
    throw new FormatError(
      `${where}: expected elements within ${byteLength} bytes, got ${dtype} of shape [${shape}] at ${offset} that ends at byte ${end * ELEMENT_BYTES[dtype]}; the file is truncated or damaged`,
    );
}

/** @throws FormatError if elements of the type are not read */
export function requireFloats(where: string, dtype: TensorDtype): asserts dtype is FloatDtype {
  if (isFloatDtype(dtype)) return;
  throw new FormatError(`${where}: expected one of ${FLOAT_DTYPES.join(', ')}, got ${dtype}; leave it out`);
}

/** @throws DomainError unless 0 <= begin <= end <= elements */
export function requireElements(where: string, elements: number, begin: number, end: number): void {
  if (Number.isSafeInteger(begin) && Number.isSafeInteger(end) && 0 <= begin && begin <= end && end <= elements) return;
  throw new DomainError(`${where}: expected a range within ${elements} elements, got ${begin} to ${end}`);
}

/** What reading needs: all of it checked. */
interface CheckedPlace extends Required<Omit<TensorPlace, 'path' | 'dtype'>> {
  readonly where: string;
  readonly dtype: FloatDtype;
}

async function readRange(place: CheckedPlace, begin: number, end: number): Promise<Floats> {
  const { where, shape, dtype, bytes, offset, strides, bigEndian } = place;
  const size = ELEMENT_BYTES[dtype];
  const contiguous = rowMajorStrides(shape).every((stride, i) => stride === strides[i] || shape[i] === 1);
  if (contiguous && !bigEndian && (dtype === 'float32' || dtype === 'float64'))
    return decodeFloats(await bytes.slice((offset + begin) * size, (offset + end) * size), dtype);
  const result = allocateFloats(where, dtype, end - begin);
  for (const box of boxesOf(contiguous ? flat(offset, begin, end) : { shape, strides, offset, begin, end }))
    await readBox(place, box, result);
  return result;
}

/** A contiguous range as one dimension. */
function flat(offset: number, begin: number, end: number): TensorRange {
  return { shape: [end], strides: [1], offset, begin, end };
}

/** What is read at once where elements have to be moved or widened. */
const SPAN_BYTES = 4_194_304;

async function readBox(place: CheckedPlace, box: Box, result: Floats): Promise<void> {
  const size = ELEMENT_BYTES[place.dtype];
  const span = spanOf(box.counts, box.strides);
  if (span * size > SPAN_BYTES && span > 1) {
    for (const half of halvesOf(box)) await readBox(place, half, result);
    return;
  }
  const { dtype, bigEndian } = place;
  const raw = await place.bytes.slice(box.from * size, (box.from + span) * size);
  if (result instanceof Float32Array && dtype !== 'float32' && dtype !== 'float64' && isRun(box)) {
    widenInto(result.subarray(box.to, box.to + span), raw, dtype, bigEndian);
    return;
  }
  putElements(decodeFloats(raw, dtype, bigEndian), result, box);
}

/** Whether its elements stand one behind the other. */
function isRun({ counts, strides }: Box): boolean {
  return counts.length === 1 && strides[0] === 1;
}

/** Puts the elements of a box, `values` beginning with its first, where they belong in the result. */
function putElements(values: Floats, result: Floats, { counts, strides, resultStrides, to }: Box): void {
  const last = counts.length - 1;
  const stride = strides[last]!;
  const count = counts[last]!;
  const put = (dimension: number, from: number, target: number): void => {
    if (dimension < last) {
      for (let i = 0; i < counts[dimension]!; i++)
        put(dimension + 1, from + i * strides[dimension]!, target + i * resultStrides[dimension]!);
    } else if (stride === 1) result.set(values.subarray(from, from + count), target);
    else for (let i = 0; i < count; i++) result[target + i] = values[from + i * stride]!; // its result stride is 1
  };
  put(0, 0, to);
}
