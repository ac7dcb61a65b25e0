/**
 * Checkpoints of torch.distributed.checkpoint: a folder with `.metadata` and the files of every rank.
 *
 * 1. `.metadata` is read as data: which tensors there are, of which chunks, in which bytes of which file.
 * 2. Chunks have to tile their tensor; files have to be there, and long enough.
 * 3. Objects (options, steps, names) are read; tensors are read on demand, chunk by chunk, whatever ranks wrote them.
 * 4. The tree is the one that was saved, with flattened optimizers put back.
 */
import { FormatError } from '../../base/errors.ts';
import { formatBytes } from '../../base/numbers.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource, FileTree } from '../bytes/byteSource.ts';
import type { CheckpointTensor, CheckpointValue, SkippedTensor } from './checkpoint.ts';
import { chunkedTensor } from './chunkedTensor.ts';
import { joinMetadata } from './distributed/joinedMetadata.ts';
import { type DistributedMetadata, parseMetadata, type SavedPath, type StoredPart } from './distributed/metadata.ts';
import { groupsOf, type KeyPlace, keyPlaces } from './distributed/optimizerKeys.ts';
import { readObjects } from './distributed/savedObjects.ts';
import { growTree, startTree } from './distributed/savedTree.ts';
import { openStoredChunk } from './distributed/storedChunk.ts';
import { isPickle } from './pickle/unpickle.ts';
import { type RankFiles, rankFiles } from './rankFiles.ts';
import type { FileReader, FolderReader } from './reader.ts';
import { isZip } from './zipDirectory.ts';

export const distributed: FolderReader = {
  format: 'torch-distributed',
  recognises: async (tree, paths) => {
    const metadata = paths.find((path) => path === METADATA || OWN_METADATA.test(path));
    const path = metadata ?? paths.find((candidate) => CHUNKS.test(candidate));
    const source = path === undefined ? null : await tree.open(path);
    if (source === null) return false;
    const isKnown = metadata === undefined ? await isZip(source) : isPickle(await headOf(source));
    await source.close();
    return isKnown;
  },
  open: async (tree) => {
    const metadata = await readMetadata(tree);
    const files = rankFiles(tree);
    try {
      if ((await tree.list()) !== null) await requireFiles(files, metadata);
      return {
        name: tree.name,
        format: 'torch-distributed',
        ...(await contentsOf(files, metadata, tree.name)),
        close: files.close,
      };
    } catch (error) {
      await files.close();
      throw error;
    }
  },
};

/** The same by its `.metadata`, which can be named where a folder cannot be listed: behind http. */
export const distributedByMetadata: FileReader = {
  format: 'torch-distributed',
  recognises: async (source) => {
    const head = await headOf(source);
    return isPickle(head) && new TextDecoder('latin1').decode(head).includes('torch.distributed.checkpoint.metadata');
  },
  open: async (source, beside) => {
    await source.close();
    return await distributed.open(beside);
  },
};

async function headOf(source: ByteSource): Promise<Uint8Array> {
  return await source.slice(0, Math.min(source.byteLength, 512));
}

const METADATA = '.metadata';
/** Each rank's own, where they saved without talking to each other. */
const OWN_METADATA = /^__\d+\.metadata$/;
/** What ranks wrote: left alone where they were stopped before `.metadata`, which is the last. */
const CHUNKS = /^__\d+_\d+\.distcp$/;
/** Bytes of `.metadata`; 150 a chunk. */
const MAX_METADATA_BYTES = 536_870_912;

async function readMetadata(tree: FileTree): Promise<DistributedMetadata> {
  const source = await tree.open(METADATA);
  if (source !== null) return await parseFile(source);
  const own = (await tree.list())?.filter((path) => OWN_METADATA.test(path)) ?? [];
  if (own.length === 0)
    throw new FormatError(
      `${tree.name}: expected .metadata, got none; ranks that were stopped while saving leave none, take the checkpoint before`,
      tree.name,
    );
  const ranks: DistributedMetadata[] = [];
  for (const path of own.toSorted((a, b) => Number.parseInt(a.slice(2), 10) - Number.parseInt(b.slice(2), 10))) {
    const file = await tree.open(path);
    if (file !== null) ranks.push(await parseFile(file));
  }
  return joinMetadata(ranks, tree.name);
}

async function parseFile(source: ByteSource): Promise<DistributedMetadata> {
  try {
    if (source.byteLength > MAX_METADATA_BYTES)
      throw new FormatError(
        `${source.name}: expected at most ${formatBytes(MAX_METADATA_BYTES)}, got ${formatBytes(source.byteLength)}; save the optimizer alone`,
        source.name,
      );
    return parseMetadata(await source.slice(0, source.byteLength), source.name);
  } finally {
    await source.close();
  }
}

/** @throws FormatError if a file is missing, or shorter than what the metadata says is in it */
async function requireFiles(files: RankFiles, { tensors, objects }: DistributedMetadata): Promise<void> {
  const ends = new Map<string, number>();
  const parts: readonly StoredPart[] = [...tensors.flatMap(({ chunks }) => chunks), ...objects];
  for (const { file, begin, byteLength } of parts) ends.set(file, Math.max(ends.get(file) ?? 0, begin + byteLength));
  for (const [file, end] of ends) {
    const source = await files.source(file);
    if (source.byteLength < end)
      throw new FormatError(
        `${source.name}: expected ${end} bytes as .metadata says, got ${source.byteLength}; the file is truncated`,
        source.name,
      );
  }
}

interface Contents {
  readonly tree: ReadonlyMap<string, CheckpointValue>;
  readonly tensors: readonly CheckpointTensor[];
  readonly skipped: readonly SkippedTensor[];
}

async function contentsOf(files: RankFiles, metadata: DistributedMetadata, name: string): Promise<Contents> {
  const saved = new Map<string, SavedPath>(
    [...metadata.tensors, ...metadata.objects].map(({ fqn, path }) => [fqn, path]),
  );
  const places = keyPlaces(saved);
  const paths = new Map([...places].map(([fqn, place]) => [fqn, keysOf(place)]));
  const objects = await readObjects(files, metadata.objects, paths);
  const values = new Map<string, CheckpointValue>([...objects.trees].map(([fqn, { value }]) => [fqn, value]));
  const tensors: CheckpointTensor[] = [];
  for (const tensor of metadata.tensors) {
    const chunks = tensor.chunks.map((chunk) => ({
      ...chunk,
      open: async () => await openStoredChunk(await files.source(chunk.file), tensor, chunk),
    }));
    const where = `${name}: tensor ${printable(tensor.fqn)}`;
    const made = chunkedTensor({ ...tensor, path: paths.get(tensor.fqn) ?? [tensor.fqn], chunks }, where);
    values.set(tensor.fqn, made);
    tensors.push(made);
  }
  const trees = [...objects.trees.values()];
  return {
    tree: treeOf(places, values, name),
    tensors: [...tensors, ...trees.flatMap((tree) => tree.tensors)],
    skipped: [...metadata.skipped, ...objects.skipped, ...trees.flatMap(({ skipped }) => skipped)],
  };
}

/** Keys in the tree; options of a parameter are known by it until their groups are put together. */
function keysOf(place: KeyPlace): readonly string[] {
  const path = place.path.map(String);
  return place.kind === 'path' ? path : [...path, 'param_groups', place.parameter, place.option];
}

/** Puts values in their places, then groups of options in theirs. */
function treeOf(
  places: ReadonlyMap<string, KeyPlace>,
  values: ReadonlyMap<string, CheckpointValue>,
  name: string,
): Contents['tree'] {
  const growing = startTree(name, places.size);
  const optimizers = new Map<string, { path: SavedPath; options: Map<string, Map<string, CheckpointValue>> }>();
  for (const [fqn, place] of places) {
    const value = values.get(fqn);
    if (value === undefined) continue; // it is in `skipped`
    if (place.kind === 'path') {
      growTree(growing, place.path, value);
      continue;
    }
    const key = JSON.stringify(place.path);
    const optimizer = optimizers.get(key) ?? { path: place.path, options: new Map() };
    const own = optimizer.options.get(place.parameter) ?? new Map<string, CheckpointValue>();
    optimizer.options.set(place.parameter, own.set(place.option, value));
    optimizers.set(key, optimizer);
  }
  for (const { path, options } of optimizers.values()) growTree(growing, [...path, 'param_groups'], groupsOf(options));
  return growing.root;
}
