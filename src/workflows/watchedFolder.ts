/** What a folder that jobs write into holds: checkpoints and recorder logs, each with what tells whether it changes. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { MuonscopeError, UsageError } from '../base/errors.ts';
import { openTree } from '../sources/bytes/folderTree.ts';
import type { CheckpointFormat } from '../sources/checkpoints/checkpoint.ts';
import { FOLDER_READERS } from '../sources/checkpoints/openCheckpoint.ts';
import { trainerFiles } from '../sources/momentum/checkpointFiles.ts';
import { errorCode } from '../store/files.ts';

/** A file or folder that is read as one. */
export interface Candidate {
  readonly kind: 'checkpoint' | 'log';
  readonly path: string;
  /** Changes whenever its bytes may have changed. */
  readonly state: string;
  /** Milliseconds since 1970 of the last change. */
  readonly changed: number;
}

const CHECKPOINT_FILE = /\.(?:pt|pth|bin|ckpt|safetensors|npz|npy)$/i;
const LOG_FILE = /\.jsonl$/i;
/** What the watched folder itself holds of the one checkpoint that it is, by format: a Trainer's any, DeepSpeed's, all others'. */
const ZERO_FILE = /\.pt$/i;
const SAFETENSORS_FILE = /\.safetensors$/i;
/** A piece of a sharded checkpoint, which is read by its index: alone, its layers would be taken for all there are. */
const SHARD_FILE = /-\d{5}-of-\d{5}\.(?:safetensors|bin)$/i;
/** Names under which writers keep files that are not finished. */
const UNFINISHED = /(?:^\.|^tmp-|\.(?:tmp|temp|part|partial|incomplete|lock)$|~$)/i;
/** Folders deeper than this are not looked into. */
const DEEPEST = 5;
/** A folder with more entries is not one that jobs write checkpoints into. */
const MOST_ENTRIES = 100_000;

/**
 * Candidates in `folder`, by path; the folder itself if it is a checkpoint. Hidden and unfinished files are passed over, links to others of them, and what `except` holds.
 *
 * @throws UsageError if there is no such folder
 */
export async function candidatesIn(folder: string, except: string): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  await collect(folder, { root: realPath(folder), except: resolve(except), found, depth: 0 });
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Search {
  /** The watched folder, without links. */
  readonly root: string | null;
  readonly except: string;
  readonly found: Candidate[];
  readonly depth: number;
}

async function collect(folder: string, search: Search): Promise<void> {
  if (resolve(folder) === search.except) return;
  const entries = entriesOf(folder, search.depth);
  const isTop = search.depth === 0;
  const format = await checkpointFormat(folder, isTop);
  const isTrainers = trainerFiles(entries.map(({ name }) => name)) !== null;
  const own = format === null && !isTrainers ? [] : ownFiles(folder, isTop);
  if (own.length > 0) search.found.push({ kind: 'checkpoint', path: folder, ...stateOf(own) });
  if (own.length > 0 && !isTop) return;
  const piece =
    own.length === 0 ? null : isTrainers ? CHECKPOINT_FILE : format === 'deepspeed-zero' ? ZERO_FILE : SAFETENSORS_FILE;
  for (const entry of entries) {
    if (UNFINISHED.test(entry.name) || SHARD_FILE.test(entry.name)) continue;
    if (entry.isFile() && piece?.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink() && leadsBelow(search.root, path)) continue;
    if (entry.isDirectory()) {
      if (search.depth < DEEPEST) await collect(path, { ...search, depth: search.depth + 1 });
      continue;
    }
    const kind = CHECKPOINT_FILE.test(entry.name) ? 'checkpoint' : LOG_FILE.test(entry.name) ? 'log' : null;
    const state = kind === null ? null : stateOfFile(path);
    if (kind !== null && state !== null) search.found.push({ kind, path, ...state });
  }
}

/** Whether a link, such as "latest.pt", names a file that is found under its own name. */
function leadsBelow(root: string | null, link: string): boolean {
  if (root === null) return false;
  return realPath(link)?.startsWith(root.endsWith(sep) ? root : root + sep) === true;
}

/** Null if there is nothing. */
function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function entriesOf(folder: string, depth: number) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    if (entries.length <= MOST_ENTRIES) return entries;
  } catch (cause) {
    if (depth > 0) return []; // removed, or not ours to read
    const remedy = errorCode(cause) === 'ENOTDIR' ? `scan or ingest measure a file` : 'check the path';
    throw new UsageError(`watch: expected a folder, got ${folder}, which cannot be listed; ${remedy}`, { cause });
  }
  throw new UsageError(`watch: ${folder} has more than ${MOST_ENTRIES} entries; watch the folder of one job`);
}

/**
 * The format of the checkpoint that a folder is; null if it is none, or was removed meanwhile.
 *
 * The watched folder is one by the files in it alone: with those below, the folder of a run would be its last checkpoint.
 */
async function checkpointFormat(folder: string, isTop: boolean): Promise<CheckpointFormat | null> {
  try {
    const tree = await openTree(folder);
    const paths = ((await tree.list()) ?? []).filter((path) => !isTop || !path.includes('/'));
    for (const reader of FOLDER_READERS) if (await reader.recognises(tree, paths)) return reader.format;
    return null;
  } catch (error) {
    if (error instanceof MuonscopeError) return null;
    throw error;
  }
}

/** The files that make up a checkpoint: all below its folder; of the watched folder those in it that are no logs. */
function ownFiles(folder: string, isTop: boolean): readonly string[] {
  try {
    const files = readdirSync(folder, { recursive: !isTop, withFileTypes: true }).filter((entry) => entry.isFile());
    return files.filter(({ name }) => !isTop || !LOG_FILE.test(name)).map((file) => join(file.parentPath, file.name));
  } catch {
    return []; // removed meanwhile
  }
}

function stateOfFile(path: string): Pick<Candidate, 'state' | 'changed'> | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() ? { state: `${found.size} ${found.mtimeMs}`, changed: found.mtimeMs } : null;
}

/** Of all files of a checkpoint: a folder itself does not change while they grow. */
function stateOf(files: readonly string[]): Pick<Candidate, 'state' | 'changed'> {
  const states = files.map((file) => stateOfFile(file) ?? { state: '', changed: 0 });
  return {
    state: states.map(({ state }) => state).join(),
    changed: states.reduce((latest, { changed }) => Math.max(latest, changed), 0),
  };
}
