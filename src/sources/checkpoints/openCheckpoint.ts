/**
 * Opens a checkpoint by what it holds, whatever it is called.
 *
 * 1. A file goes to the first reader that recognises its bytes, a folder to the first that recognises its files.
 * 2. A folder that none recognises, with one file that some reader does, is opened by that file.
 * 3. Anything else is refused: known foreign formats by name and with what to do, the rest with the formats that are read.
 */
import { FormatError, UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource, FileTree } from '../bytes/byteSource.ts';
import { openLocation } from '../bytes/location.ts';
import type { Checkpoint, CheckpointFormat } from './checkpoint.ts';
import { deepspeed } from './deepspeed.ts';
import { distributed, distributedByMetadata } from './distributed.ts';
import { foreignFile, foreignFolder } from './foreignFormats.ts';
import { npyFile } from './npyFile.ts';
import { npzFile } from './npzFile.ts';
import type { FileReader, FolderReader } from './reader.ts';
import { runCheckpointFile, runCheckpointFolder } from './runCheckpoint.ts';
import { safetensorsFile } from './safetensorsFile.ts';
import { shardedSafetensorsFolder, shardedSafetensorsIndex } from './shardedSafetensors.ts';
import { torchFile } from './torchFile.ts';

/** Asked in this order: a run's checkpoint is safetensors as well. */
export const FILE_READERS: readonly FileReader[] = [
  runCheckpointFile,
  safetensorsFile,
  shardedSafetensorsIndex,
  npyFile,
  npzFile,
  distributedByMetadata,
  torchFile,
];

/** Asked in this order. */
export const FOLDER_READERS: readonly FolderReader[] = [
  runCheckpointFolder,
  distributed,
  deepspeed,
  shardedSafetensorsFolder,
];

/**
 * Opens a checkpoint of any format that is read.
 *
 * @param pathOrUrl a file or folder of this machine, or an http(s) address of a file
 * @throws UsageError if there is nothing, or it cannot be read
 * @throws FormatError if no reader knows it, or it is not as its format promises
 */
export async function openCheckpoint(pathOrUrl: string): Promise<Checkpoint> {
  const location = await openLocation(pathOrUrl);
  if (location.kind === 'folder') return await openFolder(location.tree);
  return await openSource(location.source, location.beside);
}

/** How users call the formats. */
const FORMAT_NAMES: Readonly<Record<CheckpointFormat, string>> = {
  torch: 'torch (.pt, .pth, .bin)',
  'torch-distributed': 'torch distributed (a folder with .metadata)',
  'deepspeed-zero': 'DeepSpeed ZeRO (a folder)',
  safetensors: 'safetensors',
  'safetensors-sharded': 'sharded safetensors (by index or folder)',
  npy: 'NumPy (.npy)',
  npz: 'NumPy (.npz)',
  muonscope: 'runs of muonscope',
};

/** The formats that are read, as a list in words. */
function knownFormats(): string {
  const formats = new Set([...FILE_READERS, ...FOLDER_READERS].map(({ format }) => format));
  return Object.entries(FORMAT_NAMES)
    .filter(([format]) => [...formats].some((one) => one === format))
    .map(([, name]) => name)
    .join(', ');
}

/** Closes the source if it cannot be opened as a checkpoint. */
async function openSource(source: ByteSource, beside: FileTree): Promise<Checkpoint> {
  try {
    const reader = await readerOf(source);
    if (reader === null) throw await unknownFile(source);
    return await reader.open(source, beside);
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readerOf(source: ByteSource): Promise<FileReader | null> {
  for (const reader of FILE_READERS) if (await reader.recognises(source)) return reader;
  return null;
}

async function unknownFile(source: ByteSource): Promise<FormatError> {
  const { name, byteLength } = source;
  const foreign = await foreignFile(source);
  if (foreign !== null) return new FormatError(`${name}: expected a checkpoint that can be read, got ${foreign}`, name);
  const head = [...(await source.slice(0, Math.min(byteLength, 8)))].map((byte) => byte.toString(16).padStart(2, '0'));
  const got = head.length === 0 ? 'an empty file' : `bytes that begin with ${head.join(' ')}`;
  return new FormatError(
    `${name}: expected a checkpoint, got ${got}, which is no format that is read; these are: ${knownFormats()}`,
    name,
  );
}

async function openFolder(tree: FileTree): Promise<Checkpoint> {
  const paths = await tree.list();
  if (paths === null)
    throw new UsageError(
      `${tree.name}: expected the address of a file, got that of a folder, whose files a web server does not list; name a file in it, such as an index`,
    );
  for (const reader of FOLDER_READERS) if (await reader.recognises(tree, paths)) return await reader.open(tree);
  const files = await recognisedFiles(tree, paths);
  const [path, ...others] = files.keys();
  if (path === undefined) throw unknownFolder(tree, paths);
  if (others.length > 0) throw severalFiles(tree, files);
  return await openSource(await openListed(tree, path), tree);
}

/** Files asked at most: a checkpoint's folder has fewer beside each other. */
const MAX_ASKED = 1000;

/** Files in the folder itself that some reader knows. */
async function recognisedFiles(
  tree: FileTree,
  paths: readonly string[],
): Promise<ReadonlyMap<string, CheckpointFormat>> {
  const found = new Map<string, CheckpointFormat>();
  for (const path of paths.filter((one) => !one.includes('/')).slice(0, MAX_ASKED)) {
    const source = await openListed(tree, path);
    const reader = await readerOf(source);
    await source.close();
    if (reader !== null) found.set(path, reader.format);
  }
  return found;
}

async function openListed(tree: FileTree, path: string): Promise<ByteSource> {
  const source = await tree.open(path);
  if (source === null) throw new UsageError(`${tree.name}: expected ${printable(path)}, found none; it was removed`);
  return source;
}

const NAMED_AT_MOST = 6;

function severalFiles(tree: FileTree, files: ReadonlyMap<string, CheckpointFormat>): UsageError {
  const named = [...files].slice(0, NAMED_AT_MOST).map(([path, format]) => `${printable(path)} (${format})`);
  const more = files.size > NAMED_AT_MOST ? ` and ${files.size - NAMED_AT_MOST} more` : '';
  return new UsageError(
    `${tree.name}: expected the folder of one checkpoint, found ${named.join(', ')}${more}; name one of them`,
  );
}

function unknownFolder(tree: FileTree, paths: readonly string[]): FormatError {
  const { name } = tree;
  const foreign = foreignFolder(paths);
  if (foreign !== null) return new FormatError(`${name}: expected a checkpoint that can be read, got ${foreign}`, name);
  const run = paths.find((path) => /^(.+\/)?runs\/[^/]+\/checkpoint\/state\.safetensors$/.test(path));
  if (run !== undefined)
    return new FormatError(
      `${name}: expected one checkpoint, got a study; name one of its runs, such as ${printable(run.replace(/\/checkpoint\/.*$/, ''))}`,
      name,
    );
  return new FormatError(
    `${name}: expected a checkpoint, got a folder of ${paths.length} files without one; what is read: ${knownFormats()}`,
    name,
  );
}
