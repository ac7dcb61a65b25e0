/** How many optimizer steps a checkpoint has behind it: from its tree, from its optimizers, or from its name. */
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { stepOfPath } from './checkpointFiles.ts';
import { entriesOf, integerOf, isTensor, type TreeMap } from './checkpointTree.ts';
import type { WholeOptimizer } from './collectMomentum.ts';

/** Keys of the number of steps at the root, and in the maps that trainers keep it in. */
const STEP_KEYS = [
  'step',
  'global_step',
  'global_steps',
  'iteration',
  'iter_num',
  'iter',
  'num_updates',
  'steps',
] as const;
const STATE_MAPS = ['state', 'trainer_state', 'train_state', 'trainer', 'loop_state'] as const;

/** @throws FormatError as CheckpointTensor.read */
export async function trainingStep(
  checkpoints: readonly Checkpoint[],
  optimizers: readonly WholeOptimizer[],
): Promise<number | null> {
  const trees = checkpoints.map(({ tree }) => tree);
  const places = trees.flatMap((tree) => [tree, ...STATE_MAPS.map((key) => entriesOf(tree.get(key)))]);
  const told = places
    .flatMap((place) => STEP_KEYS.map((key) => integerOf(place.get(key))))
    .find((step) => step !== null);
  if (told !== undefined) return told;
  const named = checkpoints.map(({ name }) => stepOfPath(name)).find((step) => step !== null);
  return named ?? (await stepOfOptimizers(optimizers));
}

/** AdamW counts its steps beside its moments, dion in its groups. */
async function stepOfOptimizers(optimizers: readonly WholeOptimizer[]): Promise<number | null> {
  const places: TreeMap[] = optimizers.flatMap(({ groups, states }) => [
    ...groups.map(({ options }) => options),
    ...states.map(({ values }) => values),
  ]);
  const counted = places.map((place) => place.get('step')).find((step) => step !== undefined && step !== null);
  if (!isTensor(counted)) return integerOf(counted);
  if (counted.shape.length > 0 || !counted.dtype.startsWith('float')) return null;
  const [step] = await counted.read();
  return integerOf(step);
}
