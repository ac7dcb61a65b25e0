/**
 * Which files of a DeepSpeed folder belong to one checkpoint.
 *
 * @source DeepSpeed edaa722, runtime/engine.py (_get_ckpt_name, _get_rank_zero_ckpt_name) and utils/zero_to_fp32.py
 */
import { FormatError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import type { FileTree } from '../../bytes/byteSource.ts';

export interface ZeroFiles {
  /** Optimizer states by data-parallel rank: 0, 1, ... */
  readonly optimizer: readonly string[];
  /** What all ranks share: shapes, steps, and under ZeRO-1 and 2 the weights. */
  readonly model: string;
}

/** In the folder of a checkpoint, or of a run with its checkpoints in folders of their own. */
const OPTIMIZER_FILE = /^(?:([^/]+)\/)?(?:bf16_|fp16_)?zero_pp_rank_(\d+)_mp_rank_(\d+)_optim_states\.pt$/;

/** Those of `paths` that hold optimizer states of a rank. */
export function optimizerFiles(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => OPTIMIZER_FILE.test(path));
}

/**
 * The files of the checkpoint that `latest` names, or of the only one.
 *
 * @throws FormatError if there are several and no `latest`, ranks are missing, or the model is split as well
 */
export async function findZeroFiles(tree: FileTree): Promise<ZeroFiles> {
  const paths = await tree.list();
  if (paths === null)
    throw new FormatError(
      `${tree.name}: expected a folder, got an address that lists no files; copy it to this machine`,
      tree.name,
    );
  const folder = await folderOf(tree, paths);
  const optimizer = new Map<number, string>();
  const modelRanks = new Set<string>();
  for (const path of optimizerFiles(paths)) {
    const [, own = '', rank = '', modelRank = ''] = OPTIMIZER_FILE.exec(path) ?? [];
    if (own !== folder) continue;
    optimizer.set(Number(rank), path);
    modelRanks.add(modelRank);
  }
  if (modelRanks.size > 1)
    throw new FormatError(
      `${tree.name}: expected whole matrices, got ${modelRanks.size} model-parallel ranks that each hold a part; save with tensor parallelism off, or as a distributed checkpoint`,
      tree.name,
    );
  const missing = firstMissing(optimizer);
  if (missing !== null)
    throw new FormatError(
      `${tree.name}: expected optimizer states of ranks 0 to ${Math.max(...optimizer.keys())}, got none of rank ${missing}; copy the files of all ranks`,
      tree.name,
    );
  const [modelRank = ''] = modelRanks;
  return {
    optimizer: [...optimizer].sort(([a], [b]) => a - b).map(([, path]) => path),
    model: modelFile(tree, paths, folder === '' ? '' : `${folder}/`, modelRank),
  };
}

function modelFile(tree: FileTree, paths: readonly string[], prefix: string, modelRank: string): string {
  const names = [`zero_pp_rank_0_mp_rank_${modelRank}`, `mp_rank_${modelRank}`];
  const path = names.map((name) => `${prefix}${name}_model_states.pt`).find((candidate) => paths.includes(candidate));
  if (path !== undefined) return path;
  throw new FormatError(
    `${tree.name}: expected ${printable(prefix)}mp_rank_${modelRank}_model_states.pt or that of rank 0, got neither; it holds the shapes, copy it as well`,
    tree.name,
  );
}

function firstMissing(ranks: ReadonlyMap<number, string>): number | null {
  for (let rank = 0; rank < ranks.size; rank++) if (!ranks.has(rank)) return rank;
  return null;
}

/** A tag is short; `latest` holds nothing else. */
const MAX_TAG_BYTES = 4096;

/** The folder with the files: none if they lie beside each other in the root. */
async function folderOf(tree: FileTree, paths: readonly string[]): Promise<string> {
  const folders = new Set(optimizerFiles(paths).map((path) => path.split('/').slice(0, -1).join('/')));
  const tag = folders.has('') ? null : await latestTag(tree, paths);
  const [only] = folders;
  if (tag !== null && folders.has(tag)) return tag;
  if (tag === null && only !== undefined && folders.size === 1) return only;
  const named = [...folders].slice(0, 8).map((name) => (name === '' ? 'its own files' : printable(name)));
  const got = `${folders.size === 0 ? 'none' : named.join(', ')}${tag === null ? '' : `, and "latest" that names ${printable(tag, 80)}`}`;
  throw new FormatError(
    `${tree.name}: expected one checkpoint, or the one that a file "latest" names, got ${got}; name the folder of one`,
    tree.name,
  );
}

async function latestTag(tree: FileTree, paths: readonly string[]): Promise<string | null> {
  const latest = paths.includes('latest') ? await tree.open('latest') : null;
  if (latest === null) return null;
  const bytes = await latest.slice(0, Math.min(latest.byteLength, MAX_TAG_BYTES));
  await latest.close();
  return new TextDecoder().decode(bytes).trim();
}
