/**
 * safetensors files that an index joins: JSON with `weight_map`, from the name of each tensor to the file beside the
 * index that holds it. Opened by the index or by the folder.
 *
 * @source https://huggingface.co/docs/transformers, "Sharded checkpoints"
 */
import { FormatError, MuonscopeError, UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource, FileTree } from '../bytes/byteSource.ts';
import type { Checkpoint, CheckpointTensor, CheckpointValue, SkippedTensor } from './checkpoint.ts';
import { parseJsonValue } from './jsonValue.ts';
import type { FileReader, FolderReader } from './reader.ts';
import { isSafetensors, readSafetensorsTensors } from './safetensorsFile.ts';

export const shardedSafetensorsIndex: FileReader = {
  format: 'safetensors-sharded',
  recognises: isIndex,
  open: async (source, beside) => {
    const checkpoint = await openShards(source, beside);
    await source.close();
    return checkpoint;
  },
};

export const shardedSafetensorsFolder: FolderReader = {
  format: 'safetensors-sharded',
  recognises: async (tree, paths) => (await indexesIn(tree, paths)).length > 0,
  open: async (tree) => {
    const [path, ...others] = await indexesIn(tree, (await tree.list()) ?? []);
    if (path === undefined)
      throw new FormatError(`${tree.name}: expected the index of safetensors files, found none; name the index`);
    if (others.length > 0)
      throw new UsageError(
        `${tree.name}: expected one index of safetensors files, found ${[path, ...others].map((one) => printable(one)).join(', ')}; name one of them`,
      );
    const index = await openExisting(tree, path);
    try {
      return { ...(await openShards(index, tree)), name: tree.name };
    } finally {
      await index.close();
    }
  },
};

/** Enough to hold the first keys of an index. */
const HEAD_BYTES = 65_536;
/** Half a million tensors. */
const MAX_INDEX_BYTES = 100_000_000;
/** A trillion parameters come in a few hundred. */
const MAX_SHARDS = 10_000;
/** Shards whose headers are read at the same time, for the sake of far servers. */
const SHARDS_AT_ONCE = 8;

/** A JSON object with `weight_map` among its first keys. */
async function isIndex(source: ByteSource): Promise<boolean> {
  const head = await source.slice(0, Math.min(source.byteLength, HEAD_BYTES));
  return /^\s*\{[\s\S]*"weight_map"\s*:\s*\{/.test(new TextDecoder().decode(head));
}

/** JSON files in the folder itself that are an index of safetensors; there are such of torch files as well. */
async function indexesIn(tree: FileTree, paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths.filter((one) => /^[^/]+\.json$/.test(one))) {
    const source = await openExisting(tree, path);
    if ((await isIndex(source)) && (await isOfSafetensors(source, tree))) found.push(path);
    await source.close();
  }
  return found;
}

/** Whether the first shard is, as far as one can tell: what is missing or damaged is told when the index is opened. */
async function isOfSafetensors(index: ByteSource, tree: FileTree): Promise<boolean> {
  try {
    const [file = ''] = (await readIndex(index)).namesByFile.keys();
    const shard = await tree.open(file);
    const isShard = shard === null || (await isSafetensors(shard));
    await shard?.close();
    return isShard;
  } catch (error) {
    if (error instanceof MuonscopeError) return true;
    throw error;
  }
}

interface ShardIndex {
  readonly namesByFile: ReadonlyMap<string, readonly string[]>;
  /** In the index's order. */
  readonly names: readonly string[];
  readonly metadata: CheckpointValue;
}

async function readIndex(source: ByteSource): Promise<ShardIndex> {
  const { name, byteLength } = source;
  if (byteLength > MAX_INDEX_BYTES)
    throw refuse(name, `at most ${MAX_INDEX_BYTES} bytes, got ${byteLength}; the file is no index`);
  const index = parseJsonValue(await source.slice(0, byteLength), name);
  const weightMap = index instanceof Map ? index.get('weight_map') : undefined;
  if (!(index instanceof Map) || !(weightMap instanceof Map))
    throw refuse(name, 'a JSON object with weight_map, got another one; the file is no index');
  const namesByFile = new Map<string, string[]>();
  for (const [tensor, file] of weightMap) {
    if (typeof file !== 'string')
      throw refuse(name, `a file name for each tensor, got none for ${printable(tensor)}; the index is damaged`);
    const names = namesByFile.get(file);
    if (names === undefined) namesByFile.set(file, [tensor]);
    else names.push(tensor);
  }
  if (namesByFile.size > MAX_SHARDS)
    throw refuse(name, `at most ${MAX_SHARDS} files, got ${namesByFile.size}; the index is damaged`);
  return { namesByFile, names: [...weightMap.keys()], metadata: index.get('metadata') ?? null };
}

async function openShards(index: ByteSource, tree: FileTree): Promise<Checkpoint> {
  const { namesByFile, names, metadata } = await readIndex(index);
  const files = [...namesByFile.keys()];
  const shards: Shard[] = [];
  const close = async (): Promise<void> => {
    for (const { source } of shards) await source.close();
  };
  try {
    for (let i = 0; i < files.length; i += SHARDS_AT_ONCE) {
      const opening = files.slice(i, i + SHARDS_AT_ONCE).map((file) => openShard(tree, file, index.name));
      const settled = await Promise.allSettled(opening);
      for (const one of settled) if (one.status === 'fulfilled') shards.push(one.value);
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
    }
    const tensors = indexedTensors(names, shards, namesByFile, index.name);
    const root: [string, CheckpointValue][] = metadata === null ? [] : [['__metadata__', metadata]];
    for (const tensor of tensors) root.push([tensor.path[0]!, tensor]); // its name is its path
    const skipped = unnamed(shards, namesByFile);
    return { name: index.name, format: 'safetensors-sharded', tree: new Map(root), tensors, skipped, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Shard {
  readonly file: string;
  readonly source: ByteSource;
  readonly byName: ReadonlyMap<string, CheckpointTensor>;
}

async function openShard(tree: FileTree, file: string, index: string): Promise<Shard> {
  const source = await tree.open(file);
  if (source === null)
    throw refuse(index, `the file ${printable(file)} beside it, found none; copy all files of the checkpoint`);
  try {
    if (!(await isSafetensors(source)))
      throw refuse(index, `safetensors files, got another format in ${printable(file)}; name its files one by one`);
    const { tensors } = await readSafetensorsTensors(source);
    return { file, source, byName: new Map(tensors.map((tensor) => [tensor.path[0]!, tensor])) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The tensors that the index names, in its order. */
function indexedTensors(
  names: readonly string[],
  shards: readonly Shard[],
  namesByFile: ShardIndex['namesByFile'],
  index: string,
): readonly CheckpointTensor[] {
  const found = new Map<string, CheckpointTensor>();
  for (const { file, byName } of shards)
    for (const name of namesByFile.get(file) ?? []) {
      const tensor = byName.get(name);
      if (tensor === undefined)
        throw refuse(
          index,
          `${printable(name)} in ${printable(file)}, found none; the files are not of one checkpoint`,
        );
      found.set(name, tensor);
    }
  return names.map((name) => found.get(name)!); // every name stands below its file
}

/** Tensors of the shards that the index does not name there. */
function unnamed(shards: readonly Shard[], namesByFile: ShardIndex['namesByFile']): readonly SkippedTensor[] {
  return shards.flatMap(({ file, byName }) => {
    const named = new Set(namesByFile.get(file));
    return [...byName]
      .filter(([name]) => !named.has(name))
      .map(([name, { shape }]) => ({ name, shape, reason: `in ${file}, where the index does not name it` }));
  });
}

async function openExisting(tree: FileTree, path: string): Promise<ByteSource> {
  const source = await tree.open(path);
  if (source === null) throw new FormatError(`${tree.name}: expected ${printable(path)}, found none; it was removed`);
  return source;
}

function refuse(index: string, expected: string): FormatError {
  return new FormatError(`${index}: expected ${expected}`, index);
}
