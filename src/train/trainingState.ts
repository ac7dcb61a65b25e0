/**
 * The arrays a run is made of: weights, momentum and AdamW's moments, and their form in a checkpoint.
 */
import { TrainingError } from '../base/errors.ts';
import type { Random, RandomState } from '../base/random.ts';
import type { Bindings } from '../graph/engine.ts';
import { sizeOf } from '../graph/graph.ts';
import { allocateBuffers, type Buffers } from './buffers.ts';
import type { ParameterSpec } from './trainable.ts';
import type { MuonStack } from './updateGraph.ts';

type Kind = 'weights' | 'momentum' | 'first' | 'second';

/** One copy of everything a step reads and writes. */
export type StateCopy = Readonly<Record<Kind, Buffers>>;

/** Everything that decides the rest of a run. */
export interface TrainerState {
  readonly step: number;
  readonly random: RandomState;
  /** "weights/NAME" for all; "momentum/NAME" (Muon); "first/NAME", "second/NAME" (AdamW). */
  readonly arrays: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
}

const KINDS: readonly Kind[] = ['weights', 'momentum', 'first', 'second'];

/** Zeroed arrays: momentum for the stacks, moments for the others, weights for all. */
export function allocateState(stacks: readonly MuonStack[], others: readonly ParameterSpec[]): StateCopy {
  return {
    weights: allocateBuffers(stacks, others),
    momentum: allocateBuffers(stacks, []),
    first: allocateBuffers([], others),
    second: allocateBuffers([], others),
  };
}

/** Gaussian weights, in the order of the parameters. */
export function initialise(parameters: readonly ParameterSpec[], weights: Buffers, random: Random): void {
  for (const { name, initialDeviation } of parameters) {
    const data = weights.byName.get(name)!;
    for (let i = 0; i < data.length; i++) data[i] = initialDeviation * random.gaussian();
  }
}

/** "PREFIX:NAME" for each parameter's view. */
export function byName(prefix: string, buffers: Buffers): Bindings {
  return Object.fromEntries([...buffers.byName].map(([name, data]) => [`${prefix}:${name}`, data]));
}

/** "PREFIX:KEY" for each stack or AdamW parameter. */
export function byKey(prefix: string, buffers: Buffers): Bindings {
  return Object.fromEntries([...buffers.byKey].map(([key, data]) => [`${prefix}:${key}`, data]));
}

/** All arrays of a copy by key. */
export function byKeys(copy: StateCopy, prefix = ''): Bindings {
  return Object.assign({}, ...KINDS.map((kind) => byKey(prefix + kind, copy[kind])));
}

function stateNames({ name, optimizer }: ParameterSpec): readonly (readonly [Kind, string])[] {
  const kinds: readonly Kind[] = optimizer === 'muon' ? ['weights', 'momentum'] : ['weights', 'first', 'second'];
  return kinds.map((kind) => [kind, `${kind}/${name}`] as const);
}

/** Copies of the arrays, for a checkpoint. */
export function arraysOf(parameters: readonly ParameterSpec[], copy: StateCopy): TrainerState['arrays'] {
  return new Map(
    parameters.flatMap((parameter) =>
      stateNames(parameter).map(
        ([kind, key]) =>
          [key, { shape: parameter.shape, data: copy[kind].byName.get(parameter.name)!.slice() }] as const,
      ),
    ),
  );
}

/**
 * Fills a copy from a checkpoint.
 *
 * @throws TrainingError if an array is missing or has another size
 */
export function loadArrays(
  parameters: readonly ParameterSpec[],
  copy: StateCopy,
  arrays: TrainerState['arrays'],
): void {
  for (const parameter of parameters)
    for (const [kind, key] of stateNames(parameter)) {
      const saved = arrays.get(key);
      if (!saved || saved.data.length !== sizeOf(parameter.shape))
        throw new TrainingError(`checkpoint: array "${key}" is missing or has another size than the model's`, 0, key);
      copy[kind].byName.get(parameter.name)!.set(saved.data);
    }
}
