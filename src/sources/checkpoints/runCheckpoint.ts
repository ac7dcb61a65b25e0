/**
 * Checkpoints of this project's own training: STUDY/runs/<run>/checkpoint/state.safetensors, opened by that file or by
 * a folder above it up to the run's.
 *
 * The tree holds what the training wrote about itself (run, step, tokens, ...) beside the tensors, which are named
 * "weights/NAME", "momentum/NAME" and, for AdamW, "first/NAME" and "second/NAME". The file's SHA-256 is checked when
 * a training goes on, not here, where tensors are read one by one.
 */
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { ByteSource, FileTree } from '../bytes/byteSource.ts';
import type { Checkpoint, CheckpointValue } from './checkpoint.ts';
import { parseJsonValue } from './jsonValue.ts';
import type { FileReader, FolderReader } from './reader.ts';
import { isSafetensors, readSafetensorsTensors } from './safetensorsFile.ts';

export const runCheckpointFile: FileReader = {
  format: 'muonscope',
  recognises: isRunCheckpoint,
  open: openState,
};

export const runCheckpointFolder: FolderReader = {
  format: 'muonscope',
  recognises: async (tree, paths) => {
    const source = await stateIn(tree, paths);
    const answer = source !== null && (await isRunCheckpoint(source));
    await source?.close();
    return answer;
  },
  open: async (tree) => {
    const source = await stateIn(tree, (await tree.list()) ?? []);
    if (source === null)
      throw new FormatError(`${tree.name}: expected ${STATE_PATHS[0]}, found none; name the folder of one run`);
    try {
      return { ...(await openState(source)), name: tree.name };
    } catch (error) {
      await source.close();
      throw error;
    }
  },
};

/** Places of the file below the folder that was named. */
const STATE_PATHS = ['state.safetensors', 'checkpoint/state.safetensors'];
const SCHEMA = 'muonscope.checkpoint/1';
/** The schema is the first thing in the file. */
const HEAD_BYTES = 200;

async function isRunCheckpoint(source: ByteSource): Promise<boolean> {
  if (!(await isSafetensors(source))) return false;
  const head = new TextDecoder('latin1').decode(await source.slice(8, Math.min(source.byteLength, HEAD_BYTES)));
  return /^\{"__metadata__":\{"state":"\{\\"schema\\":\\"muonscope\.checkpoint\//.test(head);
}

async function stateIn(tree: FileTree, paths: readonly string[]): Promise<ByteSource | null> {
  const path = STATE_PATHS.find((one) => paths.includes(one));
  return path === undefined ? null : await tree.open(path);
}

async function openState(source: ByteSource): Promise<Checkpoint> {
  const { name } = source;
  const { tensors, metadata } = await readSafetensorsTensors(source);
  const state = parseJsonValue(new TextEncoder().encode(metadata.state ?? ''), name);
  const schema = state instanceof Map ? state.get('schema') : null;
  if (!(state instanceof Map) || schema !== SCHEMA)
    throw new FormatError(
      `${name}: expected ${SCHEMA}, got ${typeof schema === 'string' ? printable(schema) : 'another description'}; read it with the version of muonscope that wrote it`,
      name,
    );
  const named = tensors.map((tensor): [string, CheckpointValue] => [tensor.path[0]!, tensor]); // its name is its path
  return {
    name,
    format: 'muonscope',
    tree: new Map([...state, ...named]),
    tensors,
    skipped: [],
    close: () => source.close(),
  };
}
