/**
 * Parameters out of the flat buffers of all ranks.
 *
 * ZeRO-3: each parameter of n elements is cut into ceil(n / ranks) elements a rank, the last one padded; a rank's buffer
 * holds its pieces in the order of param_shapes.
 * ZeRO-1 and 2: the parameters of a group lie one behind the other, and each rank has one range of them all. Of Muon's
 * momentum, a rank keeps whole matrices: of every parameter that its range touches.
 *
 * @source DeepSpeed edaa722, utils/zero_to_fp32.py (zero3_partitioned_param_info, _zero3_merge_trainable_params),
 *   runtime/zero/stage_1_and_2.py (get_flat_partition), runtime/zero/stage3.py (_apply_distributed_muon_update)
 */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { CheckpointTensor } from '../checkpoint.ts';
import { type Chunk, chunkedTensor } from '../chunkedTensor.ts';
import { countElements } from '../tensorBytes.ts';
import type { GroupShapes } from './zeroState.ts';

/** One key of the state of a flat group: a buffer a rank. */
export interface FlatBuffers {
  /** For messages. */
  readonly where: string;
  /** The buffer of every rank. */
  readonly buffers: readonly CheckpointTensor[];
  readonly shapes: GroupShapes;
  /** Elements of each parameter in each rank's range, in order; null under ZeRO-3. */
  readonly fragments: readonly ReadonlyMap<string, number>[] | null;
}

/** Elements [from, from + length) of a rank's buffer. */
interface Piece {
  readonly rank: number;
  readonly from: number;
  readonly length: number;
}

/**
 * The parameters of a group.
 *
 * @param pathOf keys from the root of the tree, for each parameter
 * @returns null if the buffers are not as long as the shapes need
 * @throws FormatError if ranks keep buffers of different types
 */
export function gatherGroup(
  flat: FlatBuffers,
  pathOf: (parameter: string) => readonly string[],
): ReadonlyMap<string, CheckpointTensor> | null {
  const { buffers, shapes, where } = flat;
  requireOneDtype(flat);
  const sizes = new Map(
    [...shapes].map(([name, shape]) => [name, countElements(shape, `${where}: ${printable(name)}`)]),
  );
  const pieces = flat.fragments === null ? evenPieces(sizes, buffers) : rangePieces(sizes, buffers, flat.fragments);
  if (pieces === null) return null;
  const tensors = [...shapes].map(([name, shape]): [string, CheckpointTensor] => {
    const own = pieces.get(name) ?? [];
    return [name, gather(own, buffers, { path: pathOf(name), shape }, `${where}: ${printable(name)}`)];
  });
  return new Map(tensors);
}

function requireOneDtype({ where, buffers }: FlatBuffers): void {
  const [first] = buffers;
  for (const [rank, { dtype, shape }] of buffers.entries()) {
    if (dtype === first?.dtype && shape.length === 1) continue;
    throw new FormatError(
      `${where}: expected a flat ${first?.dtype} buffer on every rank, got ${dtype} of shape [${shape}] on rank ${rank}; the files are of different checkpoints`,
    );
  }
}

type Sizes = ReadonlyMap<string, number>;
type Pieces = ReadonlyMap<string, readonly Piece[]>;

/** ZeRO-3. */
function evenPieces(sizes: Sizes, buffers: readonly CheckpointTensor[]): Pieces | null {
  const ranks = buffers.length;
  const pieces = new Map<string, Piece[]>();
  let from = 0;
  for (const [name, size] of sizes) {
    const share = Math.ceil(size / ranks);
    const own = buffers.map((_, rank) => ({ rank, from, length: Math.max(0, Math.min(share, size - rank * share)) }));
    pieces.set(name, own);
    from += share;
  }
  return buffers.every(({ shape }) => shape[0] === from) ? pieces : null;
}

/** ZeRO-1 and 2: whole matrices where a rank's buffer is as long as they need, ranges of the group otherwise. */
function rangePieces(
  sizes: Sizes,
  buffers: readonly CheckpointTensor[],
  fragments: readonly ReadonlyMap<string, number>[],
): Pieces | null {
  const isWhole = buffers.every(({ shape }, rank) => shape[0] === total(namesOf(fragments, rank), sizes));
  const pieces = new Map<string, Piece[]>([...sizes.keys()].map((name) => [name, []]));
  for (const [rank, buffer] of buffers.entries()) {
    let from = 0;
    for (const [name, numel] of fragments[rank] ?? []) {
      const size = sizes.get(name);
      const own = pieces.get(name);
      if (size === undefined || own === undefined) return null;
      const length = isWhole ? size : numel;
      if (!isWhole || own.length === 0) own.push({ rank, from, length }); // other ranks repeat a whole matrix
      from += length;
    }
    if (from > (buffer.shape[0] ?? 0)) return null;
  }
  const isComplete = [...pieces].every(([name, own]) => sum(own.map(({ length }) => length)) === sizes.get(name));
  return isComplete ? pieces : null;
}

function namesOf(fragments: readonly ReadonlyMap<string, number>[], rank: number): readonly string[] {
  return [...(fragments[rank]?.keys() ?? [])];
}

function total(names: readonly string[], sizes: Sizes): number {
  return sum(names.map((name) => sizes.get(name) ?? Number.NaN));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((so, number) => so + number, 0);
}

/** Pieces one behind the other, as a tensor. */
function gather(
  pieces: readonly Piece[],
  buffers: readonly CheckpointTensor[],
  { path, shape }: Pick<CheckpointTensor, 'path' | 'shape'>,
  where: string,
): CheckpointTensor {
  let at = 0;
  const chunks = pieces.map(({ rank, from, length }): Chunk => {
    const buffer = buffers[rank]!; // pieces are of these buffers
    const read: CheckpointTensor['read'] = (begin = 0, end = length) => buffer.read(from + begin, from + end);
    at += length;
    return { offsets: [at - length], sizes: [length], open: async () => ({ read }) };
  });
  const dtype = buffers[0]?.dtype ?? 'other';
  return { ...chunkedTensor({ path, shape: [at], dtype, chunks }, where), shape };
}
