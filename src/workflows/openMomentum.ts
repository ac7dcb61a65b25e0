/** From paths to found momentum: files that belong together are opened together. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../base/errors.ts';
import type { Checkpoint } from '../sources/checkpoints/checkpoint.ts';
import { openCheckpoint } from '../sources/checkpoints/openCheckpoint.ts';
import { type CheckpointGroup, groupCheckpoints } from '../sources/momentum/checkpointFiles.ts';
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
  const { names, model, map = [], split = [], kvHeads, ...options } = flags;
  const finding: MomentumOptions = {
    ...options,
    ...(kvHeads === undefined ? {} : { keyValueHeads: kvHeads }),
    ...(names === undefined ? {} : { names: parseNames(readNames(names), names) }),
    roles: map.map(parseRoleRule),
    splits: split.map(parseSplitRule),
  };
  return groupCheckpoints(paths).map((group) => () => openGroup(group, finding, model ?? group.model));
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
