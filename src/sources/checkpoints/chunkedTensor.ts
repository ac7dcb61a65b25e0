/**
 * One tensor out of chunks that several files hold: boxes that tile it without gap or overlap.
 *
 * Row-major order restricted to a box is the box's own row-major order. So a range of the whole tensor is one range of each
 * box, and only that is read: 4 Mi elements at a time, copied in runs that are contiguous in both.
 */
import { FormatError } from '../../base/errors.ts';
import type { CheckpointTensor, TensorDtype } from './checkpoint.ts';
import { allocateFloats, type Floats } from './elements.ts';
import { rowMajorStrides } from './tensorBoxes.ts';
import { countElements, requireElements, requireFloats } from './tensorBytes.ts';

/** A box of a tensor. */
export interface ChunkPlace {
  /** Index of its first element, a dimension each. */
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
}

export interface Chunk extends ChunkPlace {
  /** Opens the chunk as a tensor of shape `sizes`. */
  open(): Promise<Pick<CheckpointTensor, 'read'>>;
}

export interface ChunkedTensor {
  readonly path: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: TensorDtype;
  readonly chunks: readonly Chunk[];
}

/**
 * @param where file and tensor, for messages
 * @throws FormatError if the chunks leave the tensor, overlap, or leave a gap
 */
export function chunkedTensor({ path, shape, dtype, chunks }: ChunkedTensor, where: string): CheckpointTensor {
  const elements = countElements(shape, where);
  requireTiling(shape, chunks, where);
  return {
    kind: 'tensor',
    path,
    shape,
    dtype,
    read: async (begin = 0, end = elements) => {
      requireFloats(where, dtype);
      requireElements(where, elements, begin, end);
      const [only] = chunks;
      if (only && chunks.length === 1) return await (await only.open()).read(begin, end);
      const result = allocateFloats(where, dtype, end - begin);
      if (begin === end) return result;
      for (const chunk of chunks) await readChunk(chunk, shape, begin, end, result);
      return result;
    },
  };
}

/**
 * Chunks inside of the shape whose volumes add up to its own leave a gap only where two of them overlap. Overlaps are
 * looked for among chunks that meet in the dimension most chunks differ in, so time is near linear for shards.
 *
 * @throws FormatError if the chunks do not tile the shape
 */
export function requireTiling(shape: readonly number[], chunks: readonly ChunkPlace[], where: string): void {
  let volume = 0;
  for (const { offsets, sizes } of chunks) {
    const isInside =
      offsets.length === shape.length &&
      sizes.length === shape.length &&
      shape.every((length, i) => offsets[i]! + sizes[i]! <= length); // both have as many entries
    if (!isInside)
      throw new FormatError(
        `${where}: expected chunks within [${shape}], got one of shape [${sizes}] at [${offsets}]; the ranks saved different shapes`,
      );
    volume += countElements(sizes, where);
  }
  const filled = chunks.filter(({ sizes }) => !sizes.includes(0));
  const pair = overlap(shape, filled);
  if (pair)
    throw new FormatError(
      `${where}: expected chunks that do not overlap, got one of shape [${pair[0].sizes}] at [${pair[0].offsets}] and one of shape [${pair[1].sizes}] at [${pair[1].offsets}]; save the checkpoint again`,
    );
  const elements = countElements(shape, where);
  if (volume !== elements)
    throw new FormatError(
      `${where}: expected chunks of ${elements} elements together, got ${volume}; the shards of some ranks are missing`,
    );
}

function overlap(shape: readonly number[], chunks: readonly ChunkPlace[]): readonly [ChunkPlace, ChunkPlace] | null {
  if (shape.length === 0) return chunks[0] && chunks[1] ? [chunks[0], chunks[1]] : null;
  const cuts = shape.map((_, i) => new Set(chunks.map(({ offsets }) => offsets[i])).size);
  const along = cuts.indexOf(Math.max(...cuts));
  const endOf = ({ offsets, sizes }: ChunkPlace): number => offsets[along]! + sizes[along]!; // within the rank
  let open: ChunkPlace[] = [];
  for (const chunk of chunks.toSorted((a, b) => a.offsets[along]! - b.offsets[along]!)) {
    open = open.filter((other) => endOf(other) > chunk.offsets[along]!);
    const other = open.find((candidate) => meet(candidate, chunk));
    if (other) return [other, chunk];
    open.push(chunk);
  }
  return null;
}

function meet(a: ChunkPlace, b: ChunkPlace): boolean {
  return a.offsets.every((offset, i) => offset < b.offsets[i]! + b.sizes[i]! && b.offsets[i]! < offset + a.sizes[i]!);
}

/** Elements read at once; 16 MiB of float32. */
const PART_ELEMENTS = 2 ** 22;

async function readChunk(
  chunk: Chunk,
  shape: readonly number[],
  begin: number,
  end: number,
  result: Floats,
): Promise<void> {
  const first = elementsBefore(chunk, shape, begin);
  const last = elementsBefore(chunk, shape, end);
  if (first === last) return;
  const tensor = await chunk.open();
  for (let from = first; from < last; from += PART_ELEMENTS) {
    const to = Math.min(from + PART_ELEMENTS, last);
    copyRuns(await tensor.read(from, to), from, chunk, shape, begin, result);
  }
}

/** Elements of the chunk that stand before element `position` of the whole tensor. */
export function elementsBefore({ offsets, sizes }: ChunkPlace, shape: readonly number[], position: number): number {
  const [strides, own] = [rowMajorStrides(shape), rowMajorStrides(sizes)];
  let rest = position;
  let count = 0;
  for (const [i, stride] of strides.entries()) {
    const index = Math.floor(rest / stride) - offsets[i]!; // as many as dimensions
    rest %= stride;
    count += Math.min(Math.max(index, 0), sizes[i]!) * own[i]!;
    if (index < 0 || index >= sizes[i]!) return count;
  }
  return shape.length === 0 ? Math.min(position, 1) : count;
}

/** Puts `values`, the chunk's elements from `from` on, where they belong in a result that begins at element `begin`. */
function copyRuns(
  values: Floats,
  from: number,
  { offsets, sizes }: ChunkPlace,
  shape: readonly number[],
  begin: number,
  result: Floats,
): void {
  const [strides, own] = [rowMajorStrides(shape), rowMajorStrides(sizes)];
  const outer = outerDimensions(sizes, shape);
  const run = outer === 0 ? values.length + from : own[outer - 1]!; // elements contiguous in both
  for (let at = from; at < from + values.length; ) {
    const stop = Math.min((Math.floor(at / run) + 1) * run, from + values.length);
    let target = -begin;
    let rest = at;
    for (let i = 0; i < shape.length; i++) {
      target += (Math.floor(rest / own[i]!) + offsets[i]!) * strides[i]!;
      rest %= own[i]!;
    }
    result.set(values.subarray(at - from, stop - from), target);
    at = stop;
  }
}

/** Leading dimensions that have to be stepped through: behind them, and the one after, the chunk has everything. */
function outerDimensions(sizes: readonly number[], shape: readonly number[]): number {
  const partial = sizes.findLastIndex((size, i) => size !== shape[i]);
  return Math.max(partial, 0);
}
