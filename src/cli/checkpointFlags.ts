/** Flags by which scan, audit and watch find the momentum of a checkpoint, and choose among its matrices. */
import { type Command, Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import type { MatrixChoice } from '../workflows/chooseMatrices.ts';
import type { FindingFlags } from '../workflows/openMomentum.ts';
import { choiceFlag, countFlag, integerFlag, listFlag, numberFlag } from './flags.ts';

/** What commander gives for the options of {@link addCheckpointFlags}. */
export interface CheckpointFlags {
  readonly role?: readonly string[];
  readonly depth?: readonly number[];
  readonly sample?: number;
  readonly stage: 'buffer' | 'nesterov';
  readonly momentumKey?: string;
  readonly names?: string;
  readonly model?: string;
  readonly map: readonly string[];
  readonly split: readonly string[];
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly convention?: 'average' | 'sum';
  readonly workers?: number;
}

/** Flags of a run whose size or step its files do not tell. */
export interface RunFlags {
  readonly run?: string;
  readonly params?: number;
  readonly nonEmbeddingParams?: number;
}

export function addCheckpointFlags(command: Command): Command {
  return command
    .option('--role <list>', 'only these roles, e.g. attn.q,mlp.down, or attn for all of attention', listFlag(String))
    .option(
      '--depth <list>',
      'only the layers nearest to these depths, e.g. 0.25,0.5,0.75,1',
      listFlag(numberFlag('--depth', 0, 1)),
    )
    .option('--sample <n>', 'at most so many matrices, spread over roles and layers', integerFlag('--sample'))
    .option(
      '--stage <name>',
      'buffer: the momentum as kept; nesterov: its blend with the gradient, where gradients are kept',
      choiceFlag('--stage', ['buffer', 'nesterov']),
      'buffer',
    )
    .option('--momentum-key <key>', 'name of the momentum in the optimizer state, if it is not recognised')
    .option('--names <file>', 'names of the parameters, one a line or as JSON, if the checkpoint has none')
    .option('--model <file>', "the model's own file, for names and sizes")
    .addOption(repeated('--map <pattern=role>', 'role of parameters, e.g. "*.mixer.out=attn.o"; may be repeated'))
    .addOption(
      repeated('--split <name=parts>', 'parts of a fused matrix, e.g. "*.qkv=q:1024,k:256,v:256"; may be repeated'),
    )
    .option('--heads <n>', 'attention heads, for projections fused head by head', integerFlag('--heads'))
    .option('--kv-heads <n>', 'key and value heads, if fewer', integerFlag('--kv-heads'))
    .option(
      '--convention <name>',
      'average or sum, if the layout does not tell',
      choiceFlag('--convention', ['average', 'sum']),
    )
    .option('--workers <n>', 'threads (default: one a core)', integerFlag('--workers'));
}

/** @param run what the run is called without --run */
export function addRunFlags(command: Command, run: string = "from the file's path"): Command {
  return command
    .option('--run <name>', `name of the run in the study (default: ${run})`)
    .option('--params <n>', 'parameters of the model, e.g. 124M, if nothing tells', countFlag('--params'))
    .option(
      '--non-embedding-params <n>',
      'those outside embeddings and head, if nothing tells',
      countFlag('--non-embedding-params'),
    );
}

/** What tells the search for momentum. */
export function findingOf(flags: CheckpointFlags): FindingFlags {
  const { stage, momentumKey, names, model, map, split, heads, kvHeads, convention } = flags;
  return given({ stage, momentumKey, names, model, map, split, heads, kvHeads, convention });
}

/** Which matrices, and on how many threads. */
export function choiceOf({
  role,
  depth,
  sample,
  workers,
}: CheckpointFlags): MatrixChoice & { readonly workers?: number } {
  return given({ roles: role, depths: depth, sample, workers });
}

/** The run's flags as whole numbers. @throws UsageError if a count is none */
export function runOf({ run, params, nonEmbeddingParams }: RunFlags): RunFlags {
  for (const [flag, value] of [
    ['--params', params],
    ['--non-embedding-params', nonEmbeddingParams],
  ] as const)
    if (value !== undefined && !Number.isSafeInteger(value))
      throw new UsageError(`${flag}: expected a whole number of parameters, got ${value}`);
  return given({ run, params, nonEmbeddingParams });
}

/** Fields whose value is not undefined. */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>; // the same fields, without those that are undefined
  };
}

function repeated(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.argParser((text: string, before: readonly string[]) => [...before, text]).default([], 'none');
}
