/** From paths to found momentum: files that belong together are opened together. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError, UsageError } from '../base/errors.ts';
import type { Checkpoint } from '../sources/checkpoints/checkpoint.ts';
import { openCheckpoint } from '../sources/checkpoints/openCheckpoint.ts';
import { type CheckpointGroup, groupCheckpoints, trainerFiles } from '../sources/momentum/checkpointFiles.ts';
import { findMomentum, type MomentumOptions } from '../sources/momentum/findMomentum.ts';
import { parseNames } from '../sources/momentum/parameterNames.ts';
import { parseRoleRule } from '../sources/momentum/roleRules.ts';
import { parseSplitRule } from '../sources/momentum/splitRules.ts';
import type { OpenedMomentum } from './scan.ts';

/** What a user adds to what a checkpoint tells, as flags give it. */
export interface FindingFlags extends Pick<MomentumOptions, 'momentumKey' | 'heads' | 'convention' | 'stage'> {
  /** A file for parseNames. */
  readonly names?: string;
  /** The model's own checkpoint. */
  readonly model?: string;
  /** PATTERN=ROLE each. */
  readonly map?: readonly string[];
  /** NAME=PART,... each. */
  readonly split?: readonly string[];
  readonly kvHeads?: number;
}

/**
 * One opener for each checkpoint among `paths`, by step. Nothing is opened before it is called.
 *
 * @throws UsageError or FormatError if a flag cannot be read
 */
export function checkpointsAt(
  paths: readonly string[],
  flags: FindingFlags,
): readonly (() => Promise<OpenedMomentum>)[] {
  if (paths.some((path) => path.trim() === ''))
    throw new UsageError('checkpoint: expected a file, folder or address, got an empty name; name one');
  const { names, model, map = [], split = [], kvHeads, ...options } = flags;
  const finding: MomentumOptions = {
    ...options,
    ...(kvHeads === undefined ? {} : { keyValueHeads: kvHeads }),
    ...(names === undefined ? {} : { names: parseNames(readNames(names), names) }),
    roles: map.map(parseRoleRule),
    splits: split.map(parseSplitRule),
  };
  return groupCheckpoints(paths).map((group) => () => openAny(group, finding, model ?? null));
}

/** A folder of a Trainer is opened by its optimizer that has momentum, named by its model; anything else as it is. */
async function openAny(
  group: CheckpointGroup,
  options: MomentumOptions,
  model: string | null,
): Promise<OpenedMomentum> {
  const [folder] = group.paths;
  const files = folder === undefined || group.paths.length > 1 ? null : trainerFiles(namesIn(folder));
  if (folder === undefined || files === null) return openGroup(group, options, model ?? group.model);
  const beside = files.model === null ? null : join(folder, files.model);
  const opened = files.optimizers.map(
    (file) => () => openGroup({ ...group, paths: [join(folder, file)] }, options, model ?? beside),
  );
  return firstWithMomentum(opened);
}

/** The first that has momentum; else what came of the first. */
async function firstWithMomentum(open: readonly (() => Promise<OpenedMomentum>)[]): Promise<OpenedMomentum> {
  for (const openOne of open) {
    const opened = await openOne().catch((error: unknown) => {
      if (error instanceof FormatError) return null;
      throw error;
    });
    if (opened !== null && opened.found.matrices.length > 0) return opened;
    await opened?.close();
  }
  const [first] = open;
  if (first === undefined) throw new UsageError('scan: expected an optimizer, got none');
  return first();
}

/** Of the files in a folder; none of anything else. */
function namesIn(path: string): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  } catch {
    return []; // a file or an address, or opening it tells why it cannot be read
  }
}

/** Opens the files of one step, and finds their momentum; closes them all if that fails. */
async function openGroup(
  { paths }: CheckpointGroup,
  options: MomentumOptions,
  modelPath: string | null,
): Promise<OpenedMomentum> {
  const opened: Checkpoint[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((checkpoint) => checkpoint.close()));
  };
  const open = async (path: string): Promise<Checkpoint> => {
    const checkpoint = await openCheckpoint(path);
    opened.push(checkpoint);
    return checkpoint;
  };
  try {
    const checkpoints: Checkpoint[] = [];
    for (const path of paths) checkpoints.push(await open(path));
    const model = modelPath === null ? undefined : await open(modelPath);
    const [first] = checkpoints;
    if (first === undefined) throw new UsageError('scan: expected at least one checkpoint, got none');
    return {
      name: first.name,
      format: first.format,
      found: await findMomentum(checkpoints, { ...options, model }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function readNames(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--names: ${file} cannot be read; check the path`, { cause: error });
  }
}
