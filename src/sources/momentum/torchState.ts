/** Optimizers kept as Python dictionaries: torch's state_dict() wherever it stands in a checkpoint, and modded-nanogpt's. */
import type { CheckpointValue } from '../checkpoints/checkpoint.ts';
import { entriesOf, integerOf, leavesOf, listOf, mapOf, type TreeMap, textOf, textsOf } from './checkpointTree.ts';
import type { OptimizerState, ParameterGroup, ParameterState } from './optimizerState.ts';

/** Keys under which parameter groups list names: torch since 2.6; what people write by hand. */
const NAME_KEYS = ['param_names', 'names'] as const;

/** Whether {@link torchOptimizers} takes this map as an optimizer. */
export function isOptimizer(map: TreeMap): boolean {
  return isTorchState(map) || mapOf(map.get('param_states')) !== null;
}

/**
 * Every optimizer of a tree, in its order; what they hold is not searched for further ones.
 *
 * @param file index of the checkpoint
 * @source torch/optim/optimizer.py, Optimizer.state_dict (torch 2.15); KellerJordan/modded-nanogpt f411b3d, train_gpt.py,
 *   NorMuonAndAdam.state_dict
 */
export function torchOptimizers(tree: TreeMap, file: number): readonly OptimizerState[] {
  const found: OptimizerState[] = [];
  leavesOf(tree, {
    closed: (map, path) => {
      if (!isOptimizer(map)) return false;
      found.push(isTorchState(map) ? torchOptimizer(map, path, file) : bankOptimizer(map, path, file));
      return true;
    },
  });
  return found;
}

function isTorchState(map: TreeMap): boolean {
  const groups = listOf(map.get('param_groups'));
  return map.has('state') && groups?.every((group) => mapOf(group)?.has('params')) === true;
}

function torchOptimizer(map: TreeMap, path: readonly string[], file: number): OptimizerState {
  const groups = (listOf(map.get('param_groups')) ?? []).map((group, index) => parameterGroup(entriesOf(group), index));
  const groupOf = new Map(groups.flatMap((group) => group.params.map((id) => [id, group] as const)));
  const perParameter = stateEntries(map.get('state')).map(
    ([id, values]): ParameterState => ({ id, values, group: groupOf.get(id) ?? null }),
  );
  const perGroup = groups
    .filter(({ options }) => options.has('momentum_buffer')) // modded-nanogpt's medium track keeps it there
    .map((group): ParameterState => ({ id: `group ${group.index}`, values: group.options, group }));
  const form = perGroup.length > 0 ? 'banks' : 'torch';
  return { form, path, file, parameters: [...perParameter, ...perGroup], groups };
}

/** Ids with what is kept for each; integer ids that a writer made a list of are its indices. */
function stateEntries(state: CheckpointValue | undefined): readonly (readonly [string, TreeMap])[] {
  const entries = mapOf(state) ?? new Map((listOf(state) ?? []).map((value, i) => [String(i), value] as const));
  return [...entries].flatMap(([id, values]) => {
    const map = mapOf(values);
    return map ? [[id, map] as const] : [];
  });
}

/** A group without its ids and names, which are told apart from its options. */
export function parameterGroup(group: TreeMap, index: number): ParameterGroup {
  const params = (listOf(group.get('params')) ?? []).map((id) => textOf(id) ?? String(integerOf(id) ?? ''));
  const named = NAME_KEYS.map((key) => textsOf(group.get(key))).find((names) => names?.length === params.length);
  const options = new Map([...group].filter(([key]) => key !== 'params' && !NAME_KEYS.some((name) => name === key)));
  return { index, params, names: named ?? null, options };
}

/**
 * One group a parameter: the configuration it has there, with its label as name. Ids are addresses in one process; every
 * rank lists its parameters in the same order, so their numbers are used instead.
 */
function bankOptimizer(map: TreeMap, path: readonly string[], file: number): OptimizerState {
  const configs = entriesOf(map.get('param_cfgs'));
  const parameters = stateEntries(map.get('param_states')).map(([id, values], index): ParameterState => {
    const options = entriesOf(configs.get(id));
    const label = textOf(options.get('label'));
    const number = String(index);
    return { id: number, values, group: { index, params: [number], names: label === null ? null : [label], options } };
  });
  return { form: 'banks', path, file, parameters, groups: parameters.flatMap(({ group }) => group ?? []) };
}
