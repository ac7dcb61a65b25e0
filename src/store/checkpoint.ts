/**
 * A run's checkpoint: one safetensors file, replaced as a whole, so that weights, optimizer state and the place in
 * the random streams always belong together. What is not a tensor is JSON in the file's metadata, beside a SHA-256
 * over it and the tensors.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { FormatError } from '../base/errors.ts';
import type { RandomState } from '../base/random.ts';
import { readBytes, writeWhole } from './files.ts';
import { damaged, formatRecord, parseRecord } from './records.ts';
import { readSafetensors, type Tensor, writeSafetensors } from './safetensors.ts';

const CHECKPOINT_SCHEMA = 'muonscope.checkpoint/1';

/** Everything needed to go on as if nothing had happened. */
export interface Checkpoint {
  readonly schema: typeof CHECKPOINT_SCHEMA;
  readonly run: string;
  /** Optimizer steps done. */
  readonly step: number;
  /** Tokens seen. */
  readonly tokens: number;
  /** Random streams by their purpose; the one that draws sequences is the data cursor. */
  readonly random: Readonly<Record<string, RandomState>>;
  /** Further finite numbers, e.g. the best validation loss. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Weights and optimizer state by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

type CheckpointState = Omit<Checkpoint, 'tensors'>;

const stateSchema: z.ZodType<CheckpointState> = z.looseObject({
  schema: z.literal(CHECKPOINT_SCHEMA),
  run: z.string(),
  step: z.int().nonnegative(),
  tokens: z.int().nonnegative(),
  random: z.record(
    z.string(),
    z.looseObject({ words: z.array(z.int()).length(4), spareGaussian: z.number().nullable() }),
  ),
  numbers: z.record(z.string(), z.number()),
});

/** Path of the checkpoint in a run's folder. */
export function checkpointPath(runFolder: string): string {
  return join(runFolder, 'checkpoint', 'state.safetensors');
}

/**
 * Replaces the run's checkpoint. A kill at any moment leaves the earlier one or this one.
 *
 * @throws StudyError if it cannot be written; the earlier checkpoint is then untouched
 */
export function writeCheckpoint(runFolder: string, checkpoint: Checkpoint, folder: string): void {
  const path = checkpointPath(runFolder);
  const { tensors, ...state } = checkpoint;
  const text = formatRecord(state, stateSchema, { file: path, folder }, 0);
  writeWhole(path, writeSafetensors({ tensors, metadata: { state: text, sha256: digest(text, tensors) } }), folder);
}

/**
 * The run's checkpoint, or null if there is none yet.
 *
 * @throws StudyError if the file is damaged or of a later version
 */
export function readCheckpoint(runFolder: string, folder: string): Checkpoint | null {
  const path = checkpointPath(runFolder);
  const bytes = readBytes(path, folder);
  if (bytes === null) return null;
  const place = { file: path, folder };
  const { tensors, metadata } = readTensors(bytes, place);
  if (metadata.state === undefined || metadata.sha256 === undefined)
    throw damaged(place, 'expected a checkpoint of muonscope, got another safetensors file');
  if (digest(metadata.state, tensors) !== metadata.sha256)
    throw damaged(place, 'the contents do not match their SHA-256');
  return { ...parseRecord(metadata.state, stateSchema, CHECKPOINT_SCHEMA, place), tensors };
}

function readTensors(bytes: Uint8Array, place: Parameters<typeof damaged>[0]): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes, place.file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw damaged(place, error.message, error);
  }
}

/** SHA-256 over the state and, by name, every tensor's name, type, shape and bytes. */
function digest(state: string, tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256').update(state);
  for (const [name, { dtype, shape, data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\0${JSON.stringify([name, dtype, shape])}\0`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
