/**
 * What the files of a ZeRO checkpoint say, checked: per rank the optimizer's state, for all ranks the shapes.
 *
 * @source DeepSpeed edaa722, runtime/zero/stage3.py (_rigid_state_dict), stage_1_and_2.py (state_dict), runtime/engine.py
 *   (_get_zero_param_shapes, _save_zero_checkpoint)
 */
import { FormatError } from '../../../base/errors.ts';
import type { CheckpointValue } from '../checkpoint.ts';

export type ValueMap = ReadonlyMap<string, CheckpointValue>;

/** Parameters that lie one behind the other in a flat buffer. */
export type GroupShapes = ReadonlyMap<string, readonly number[]>;

/** The optimizer of one rank. */
export interface RankState {
  /** Of its file, for messages. */
  readonly name: string;
  /** What the optimizer keeps for each flat group, by key. */
  readonly state: readonly ValueMap[];
  /** Options of each of the optimizer's groups. */
  readonly groups: readonly ValueMap[];
  /** Which of the optimizer's groups a flat group belongs to. */
  readonly groupOf: readonly number[];
  /** Master weights of each flat group. */
  readonly weights: readonly (CheckpointValue | undefined)[];
  /** Elements of each parameter in this rank's part of each flat group, in order; null under ZeRO-3. */
  readonly fragments: readonly ReadonlyMap<string, number>[] | null;
}

const STAGES: ReadonlyMap<CheckpointValue | undefined, number> = new Map<CheckpointValue | undefined, number>([
  ['optimizer_states', 1],
  ['gradients', 2],
  ['weights', 3],
  [1, 1],
  [2, 2],
  [3, 3],
]);

/** @throws FormatError if this is no optimizer of ZeRO-1, 2 or 3 */
export function zeroStage(file: ValueMap, name: string): number {
  const found = STAGES.get(zeroOptimizer(file).get('zero_stage'));
  if (found === undefined) throw odd(name, 'the optimizer states of ZeRO-1, 2 or 3', 'another zero_stage');
  return found;
}

/** Ranks that share each flat group; the largest where groups differ. */
export function partitionCount(file: ValueMap): number | null {
  const count = zeroOptimizer(file).get('partition_count');
  const counts = Array.isArray(count) ? count : [count];
  const numbers = counts.flatMap((value) => (typeof value === 'number' ? [value] : []));
  return numbers.length === 0 ? null : Math.max(...numbers);
}

/** @throws FormatError if its groups cannot be told apart */
export function rankState(file: ValueMap, stage: number, name: string): RankState {
  const zero = zeroOptimizer(file);
  const base = zero.get(stage === 3 ? 'optimizer_state_dict' : 'base_optimizer_state');
  const weights = listOf(zero.get(stage === 3 ? 'fp32_flat_groups' : 'single_partition_of_fp32_groups'));
  const fragments = stage === 3 ? null : fragmentsOf(zero.get('param_slice_mappings'), name);
  if (Array.isArray(base)) {
    // an elastic checkpoint: states alone, a group each
    const state = base.map(mapOf);
    return { name, state, groups: state.map(() => new Map()), groupOf: state.map((_, i) => i), weights, fragments };
  }
  const states = mapOf(mapOf(base).get('state'));
  const groups = listOf(mapOf(base).get('param_groups')).map(mapOf);
  if (groups.length === 0) throw odd(name, 'the groups of an optimizer', 'none');
  const ids = groups.map((group) => listOf(group.get('params')).map(String));
  return {
    name,
    state: ids.flat().map((id) => mapOf(states.get(id))),
    groups,
    groupOf: ids.flatMap((own, group) => own.map(() => group)),
    weights,
    fragments,
  };
}

/** Shapes of each flat group in its order, from the file of the model's states. */
export function groupShapes(model: ValueMap, name: string): readonly GroupShapes[] {
  const shapes = model.get('param_shapes');
  const groups = shapes instanceof Map ? [shapes] : listOf(shapes); // one dict before 0.3.16
  if (groups.length === 0) throw odd(name, 'param_shapes', 'none; the checkpoint is of an engine without ZeRO');
  return groups.map((group) => {
    const entries = [...mapOf(group)].map(([parameter, shape]): [string, readonly number[]] => {
      const lengths = listOf(shape).flatMap((length) => (typeof length === 'number' ? [length] : []));
      if (lengths.length !== listOf(shape).length || !Array.isArray(shape)) throw odd(name, 'shapes', 'something else');
      return [parameter, lengths];
    });
    return new Map(entries);
  });
}

/** {name: fragment_address(numel, start)}: fragments lie one behind the other. */
function fragmentsOf(mappings: CheckpointValue | undefined, name: string): readonly ReadonlyMap<string, number>[] {
  return listOf(mappings).map((group) => {
    let start = 0;
    const entries = [...mapOf(group)].map(([parameter, address]): [string, number] => {
      const numel = mapOf(address).get('numel');
      if (typeof numel !== 'number' || mapOf(address).get('start') !== start)
        throw odd(name, `fragments one behind the other in param_slice_mappings`, 'a gap');
      start += numel;
      return [parameter, numel];
    });
    return new Map(entries);
  });
}

function zeroOptimizer(file: ValueMap): ValueMap {
  return mapOf(file.get('optimizer_state_dict'));
}

const NO_ENTRIES: ValueMap = new Map();

export function mapOf(value: CheckpointValue | undefined): ValueMap {
  return value instanceof Map ? value : NO_ENTRIES;
}

export function listOf(value: CheckpointValue | undefined): readonly CheckpointValue[] {
  return Array.isArray(value) ? value : [];
}

function odd(name: string, expected: string, got: string): FormatError {
  return new FormatError(
    `${name}: expected ${expected}, got ${got}; the file is damaged or of another DeepSpeed`,
    name,
  );
}
