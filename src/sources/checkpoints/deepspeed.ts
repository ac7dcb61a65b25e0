/**
 * Checkpoints of DeepSpeed's ZeRO: a folder of which every data-parallel rank wrote one file of flat optimizer state.
 *
 * 1. The files of one checkpoint are found; each is read as a torch file, none of its buffers yet.
 * 2. param_shapes tells which parameters lie in a group's buffers; a group whose buffers have another length is skipped.
 * 3. The tree is that of an optimizer with names: {optimizer: {state: {NAME: {KEY: tensor}}, param_groups}, module, ...}.
 *
 * @source DeepSpeed edaa722 (0.19.6), deepspeed/utils/zero_to_fp32.py
 */
import { FormatError } from '../../base/errors.ts';
import type { FileTree } from '../bytes/byteSource.ts';
import type { CheckpointTensor, CheckpointValue, SkippedTensor } from './checkpoint.ts';
import { type Gathered, gatherRanks, isTensor } from './deepspeed/gathered.ts';
import { findZeroFiles, optimizerFiles } from './deepspeed/zeroFiles.ts';
import { groupShapes, mapOf, partitionCount, rankState, type ValueMap, zeroStage } from './deepspeed/zeroState.ts';
import { type RankFiles, rankFiles } from './rankFiles.ts';
import type { FolderReader } from './reader.ts';
import { openTorchArchive } from './torch/torchArchive.ts';
import { torchTree } from './torch/torchTree.ts';
import { isZip } from './zipDirectory.ts';

export const deepspeed: FolderReader = {
  format: 'deepspeed-zero',
  recognises: async (tree, paths) => {
    const [path] = optimizerFiles(paths);
    const source = path === undefined ? null : await tree.open(path);
    if (source === null) return false;
    const recognised = await isZip(source);
    await source.close();
    return recognised;
  },
  open: async (tree) => {
    const files = rankFiles(tree);
    try {
      const contents = await contentsOf(files, tree);
      return { name: tree.name, format: 'deepspeed-zero', ...contents, close: files.close };
    } catch (error) {
      await files.close();
      throw error;
    }
  },
};

interface Contents {
  readonly tree: ReadonlyMap<string, CheckpointValue>;
  readonly tensors: readonly CheckpointTensor[];
  readonly skipped: readonly SkippedTensor[];
}

async function contentsOf(files: RankFiles, tree: FileTree): Promise<Contents> {
  const { optimizer, model } = await findZeroFiles(tree);
  const modelFile = await readFile(files, model);
  const ranks: FileContents[] = [];
  for (const path of optimizer) ranks.push(await readFile(files, path));
  const stage = requireSameRun(ranks, tree.name);
  const states = ranks.map((rank) => rankState(rank.tree, stage, rank.name));
  return joined(gatherRanks(states, groupShapes(modelFile.tree, modelFile.name), tree.name), modelFile, stage);
}

interface FileContents {
  readonly name: string;
  readonly tree: ValueMap;
  readonly tensors: readonly CheckpointTensor[];
  readonly skipped: readonly SkippedTensor[];
}

async function readFile(files: RankFiles, path: string): Promise<FileContents> {
  const source = await files.source(path);
  const { value, tensors, skipped } = torchTree(await openTorchArchive(source));
  return { name: source.name, tree: mapOf(value), tensors, skipped };
}

/**
 * The stage of ZeRO.
 *
 * @throws FormatError unless there is a file of every rank, and all are of one run
 */
function requireSameRun(ranks: readonly FileContents[], name: string): number {
  const stages = ranks.map((rank) => zeroStage(rank.tree, rank.name));
  const counts = ranks.map(({ tree }) => partitionCount(tree));
  const [stage = 0] = stages;
  const odd = ranks.findIndex((_, rank) => stages[rank] !== stage || counts[rank] !== ranks.length);
  if (odd < 0) return stage;
  throw new FormatError(
    `${name}: expected ${ranks.length} files of ZeRO-${stage} on as many ranks, got one of ZeRO-${stages[odd]} on ${counts[odd]} (${ranks[odd]?.name}); the file of a rank is missing or of another checkpoint`,
    name,
  );
}

/** Keys of the model's file that have another place in the tree, or say nothing about a run. */
const ELSEWHERE: ReadonlySet<string> = new Set(['module', 'optimizer', 'zero_stage', 'param_shapes', 'buffer_names']);

/** Under ZeRO-1 and 2 the model's file has whole weights, under ZeRO-3 the master weights of all ranks are they. */
function joined({ state, weights, groups, skipped }: Gathered, model: FileContents, stage: number): Contents {
  const optimizer = new Map<string, CheckpointValue>([
    ['state', state],
    ['param_groups', groups],
  ]);
  const tree = new Map<string, CheckpointValue>([
    ['optimizer', optimizer],
    ['module', stage === 3 ? weights : mapOf(model.tree.get('module'))],
    ['zero_stage', stage],
    ...[...model.tree].filter(([key]) => !ELSEWHERE.has(key)),
  ]);
  const own = model.tensors.filter(({ path: [key = ''] }) => !ELSEWHERE.has(key) || (key === 'module' && stage < 3));
  const gathered = [...state.values()].flatMap((values) => [...values.values()].filter(isTensor));
  const tensors = [...gathered, ...(stage === 3 ? weights.values() : []), ...own];
  return { tree, tensors, skipped: [...skipped, ...model.skipped] };
}
