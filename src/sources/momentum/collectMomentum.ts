/** Which states of the optimizers of a checkpoint are Muon's momentum, whose layout they have, and what the others are. */
import { printable } from '../../base/printable.ts';
import type { CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { isTensor, type TreeMap } from './checkpointTree.ts';
import type { Layout, Seen } from './layouts/layout.ts';
import { layoutOf } from './layouts/layouts.ts';
import { namedKey } from './layouts/plain.ts';
import type { SkipCause } from './momentumMatrix.ts';
import {
  type OptimizerState,
  type ParameterGroup,
  type ParameterState,
  SECOND_MOMENTS,
  type StateForm,
} from './optimizerState.ts';

/** One optimizer put together from all files that hold a piece of it. */
export interface WholeOptimizer {
  readonly form: StateForm;
  readonly path: readonly string[];
  readonly groups: readonly ParameterGroup[];
  readonly states: readonly FiledState[];
}

export interface FiledState extends ParameterState {
  /** Index of the checkpoint that holds it. */
  readonly file: number;
}

/** Momentum of one parameter, or of the parameters of a group in one stack. */
export interface FoundTensor {
  readonly state: FiledState;
  readonly tensor: CheckpointTensor;
  readonly layout: Layout;
}

/** A parameter's state that is not measured. */
export interface LeftOut {
  readonly id: string;
  readonly shape: readonly number[] | null;
  readonly cause: SkipCause;
  readonly reason: string;
}

export interface Collected {
  readonly optimizer: WholeOptimizer;
  readonly found: readonly FoundTensor[];
  readonly leftOut: readonly LeftOut[];
}

const NO_OPTIONS: TreeMap = new Map();

/** Optimizers of the same form at the same place of several files are one: each rank keeps the parameters it owns. */
export function joinFiles(optimizers: readonly OptimizerState[]): readonly WholeOptimizer[] {
  const joined = new Map<
    string,
    { form: StateForm; path: readonly string[]; groups: readonly ParameterGroup[]; states: FiledState[] }
  >();
  for (const { form, path, groups, file, parameters } of optimizers) {
    const key = [form, ...path].join('\n');
    const whole = joined.get(key) ?? { form, path, groups, states: [] };
    joined.set(key, whole);
    for (const parameter of parameters) whole.states.push({ ...parameter, file });
  }
  return [...joined.values()];
}

/** @param momentumKey the key the user names; states that have it are Muon's whatever else they hold */
export function collectMomentum(optimizer: WholeOptimizer, momentumKey: string | null): Collected {
  const found: FoundTensor[] = [];
  const leftOut: LeftOut[] = [];
  for (const state of optimizer.states) {
    const result = stateOf(optimizer, state, momentumKey);
    if (result === null) continue;
    if ('tensor' in result) found.push(result);
    else leftOut.push(result);
  }
  return { optimizer, found, leftOut: [...leftOut, ...missing(optimizer, found)] };
}

function stateOf(
  optimizer: WholeOptimizer,
  state: FiledState,
  momentumKey: string | null,
): FoundTensor | LeftOut | null {
  const leaveOut = (shape: readonly number[] | null, cause: SkipCause, reason: string): LeftOut => ({
    id: state.id,
    shape,
    cause,
    reason,
  });
  if (momentumKey !== null && state.values.has(momentumKey)) {
    const tensor = state.values.get(momentumKey);
    return isTensor(tensor)
      ? { state, tensor, layout: namedKey(momentumKey) }
      : leaveOut(null, 'shape', `"${printable(momentumKey)}" is no tensor`);
  }
  const moments = [...state.values].find(([key, value]) => isTensor(value) && SECOND_MOMENTS.has(key))?.[1];
  if (isTensor(moments)) return leaveOut(moments.shape, 'moments', "AdamW's moments: Muon does not update it");
  const seen: Seen = { form: optimizer.form, keys: state.values, options: state.group?.options ?? NO_OPTIONS };
  const layout = layoutOf(seen);
  const tensor = layout ? state.values.get(layout.key) : undefined;
  const foreign = layout?.foreign(seen) ?? null;
  if (layout && foreign !== null)
    return isTensor(tensor) ? leaveOut(tensor.shape, 'other optimizer', `${foreign}: Muon does not update it`) : null;
  if (layout && isTensor(tensor)) return { state, tensor, layout };
  return layout?.expectsMomentum(seen) ? leaveOut(null, 'missing', NEVER_UPDATED) : null;
}

const NEVER_UPDATED =
  'Muon owns it and has no momentum for it here: it was never updated, or the file of its rank was not given';

/** Parameters of Muon's groups without any state; a stack stands for its whole group. */
function missing({ form, groups, states }: WholeOptimizer, found: readonly FoundTensor[]): readonly LeftOut[] {
  const known = new Set(states.map(({ id }) => id));
  const stacked = new Set(
    found.flatMap((one) => (isStackOfGroup(one) && one.state.group ? [one.state.group.index] : [])),
  );
  return groups
    .filter(({ index }) => !stacked.has(index))
    .filter(({ options }) => {
      const seen: Seen = { form, keys: NO_OPTIONS, options };
      return layoutOf(seen)?.foreign(seen) === null && layoutOf(seen)?.expectsMomentum(seen) === true;
    })
    .flatMap(({ params }) => params.filter((id) => !known.has(id)))
    .map((id) => ({ id, shape: null, cause: 'missing', reason: NEVER_UPDATED }));
}

/** Whether a tensor holds the momentum of several parameters of its group, one behind the other. */
export function isStackOfGroup({ state: { group }, tensor, layout }: FoundTensor): boolean {
  return group !== null && tensor.shape.length === 3 && layout.stacksGroup(group.options);
}
