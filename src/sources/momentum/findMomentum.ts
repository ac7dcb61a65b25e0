/**
 * The momentum of a checkpoint: whatever framework wrote it, the matrices Muon keeps momentum for, with names, roles and
 * the settings of their groups, and a reason for everything else that looked like it. Nothing is read but shapes and a
 * few settings; matrices are read one by one when asked for.
 */
import { FormatError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { MomentumConvention, MomentumStage } from '../momentumSample.ts';
import { admitMatrices } from './admitMatrices.ts';
import { leavesOf } from './checkpointTree.ts';
import { type Collected, collectMomentum, joinFiles } from './collectMomentum.ts';
import { flatOptimizers } from './flatState.ts';
import { withoutBlockScales } from './float8Scales.ts';
import { groupSettings } from './groupSettings.ts';
import { type HeadCounts, headCountsIn } from './knownSplits.ts';
import { layerCounts, neighboursOf, placeAmong } from './layerCounts.ts';
import { shapeOf } from './matrixView.ts';
import { type ModelWeight, modelWeights, sizesOf } from './modelWeights.ts';
import type { FoundMomentum, MuonSettings, SkippedMomentum } from './momentumMatrix.ts';
import { type NamedTensors, namedTensors, type OwnedMatrix } from './namedTensors.ts';
import type { OptimizerState } from './optimizerState.ts';
import type { GivenNames } from './parameterNames.ts';
import { blendedMatrices, bufferMatrices } from './readableMatrices.ts';
import { assignedRole, type RoleRule } from './roleRules.ts';
import { placeOf, UNNAMED } from './roles.ts';
import { splitMatrices } from './splitMatrices.ts';
import type { SplitRule } from './splitRules.ts';
import { isOptimizer, torchOptimizers } from './torchState.ts';
import { trainingStep } from './trainingStep.ts';
import { inModuleOrder } from './weightOrder.ts';

/** What a user may add to what the checkpoint tells. */
export interface MomentumOptions {
  /** --momentum-key: key of the momentum, where no layout is recognised or another tensor is meant. */
  readonly momentumKey?: string | undefined;
  /** --names: see parseNames. */
  readonly names?: GivenNames | undefined;
  /** --model: the model's own checkpoint, for names and sizes. */
  readonly model?: Checkpoint | undefined;
  /** --map: roles; the first rule that fits decides. */
  readonly roles?: readonly RoleRule[] | undefined;
  /** --split: parts of fused matrices; the first rule that fits decides. */
  readonly splits?: readonly SplitRule[] | undefined;
  /** --heads and --kv-heads, for projections fused head by head. */
  readonly heads?: number | undefined;
  readonly keyValueHeads?: number | undefined;
  /** --convention, where the layout does not tell. */
  readonly convention?: MomentumConvention | undefined;
  /** --stage: "buffer" as kept, or "nesterov" if gradients stand beside the momentum. */
  readonly stage?: MomentumStage | undefined;
}

/**
 * Finds the momentum of one step.
 *
 * @param checkpoints one, or the rank files of one step
 * @returns no matrices, but reasons, where an optimizer is there and none of it is Muon's
 * @throws FormatError if there is no optimizer state at all
 * @throws UsageError if an option contradicts the checkpoint
 * @example (await findMomentum([checkpoint])).matrices.map(({ name, role }) => `${name}: ${role}`)
 */
export async function findMomentum(
  checkpoints: readonly Checkpoint[],
  options: MomentumOptions = {},
): Promise<FoundMomentum> {
  const { momentumKey = null, names: given = null, roles = [], splits = [], stage = 'buffer' } = options;
  const optimizers = joinFiles(checkpoints.flatMap((checkpoint, file) => optimizersOf(checkpoint, file, momentumKey)));
  const collected = optimizers.map((optimizer) => collectMomentum(optimizer, momentumKey));
  requireOptimizer(collected, checkpoints, momentumKey);
  const weights = weightsOf(checkpoints, options.model);
  const weightShapes = new Map(weights.map(({ name, shape }) => [name, shape] as const));
  const counts = headCounts(checkpoints, options);

  const named = namedTensors(collected, { checkpoints, given, weights, heads: counts.heads });
  const withMomentum = new Set(named.matrices.map(({ parameter }) => parameter));
  const others = [...weightShapes.keys(), ...named.skipped.map(({ name }) => name)].filter(
    (name) => !withMomentum.has(name),
  );
  const neighbours = neighboursOf([...withMomentum, ...others]);
  const unscaled = withoutBlockScales(named.matrices, checkpoints);
  const placed = inModelOrder(unscaled.matrices, weights).map((matrix) => ({
    ...matrix,
    place: placeAmong(matrix, neighbours),
  }));
  const admitted = admitMatrices(placed, weightShapes, { rules: roles, checkpoints });
  const split = splitMatrices(admitted.matrices, {
    rules: splits,
    counts,
    isAssigned: (name) => assignedRole(roles, name) !== null,
    shapeNamed: lastAxes(placed, weightShapes),
  });

  const settings = await groupSettings(admitted.matrices.map(({ found }) => found));
  const places = split.matrices.map(({ place }) => place);
  const context = { settings, layers: layerCounts(places, others) };
  const convention = options.convention ?? single(admitted.matrices.map(({ found }) => found.layout.convention));
  const read =
    stage === 'buffer'
      ? { matrices: bufferMatrices(split.matrices, context), skipped: [] }
      : blendedMatrices(split.matrices, context, { checkpoints, convention });
  return {
    ...layoutOfAll(collected),
    ...sizesFrom(weights, named, collected),
    convention,
    stage,
    nsInput: nsInputOf(settings.settings),
    step: await trainingStep(checkpoints, optimizers),
    matrices: read.matrices,
    settings: settings.settings,
    skipped: [...named.skipped, ...unscaled.skipped, ...admitted.skipped, ...read.skipped, ...unreadable(checkpoints)],
    notes: [
      ...layoutNotes(collected),
      ...named.notes,
      ...unscaled.notes,
      ...admitted.notes,
      ...split.notes,
      ...unchecked(checkpoints),
    ],
  };
}

function optimizersOf(checkpoint: Checkpoint, file: number, momentumKey: string | null): readonly OptimizerState[] {
  const { tree, format } = checkpoint;
  const ours = format === 'muonscope' || [...tree.keys()].some((key) => key.startsWith('weights/'));
  const torch = torchOptimizers(tree, file);
  return [...torch, ...flatOptimizers(leavesOf(tree, { closed: isOptimizer }), file, { ours, momentumKey })];
}

function requireOptimizer(
  collected: readonly Collected[],
  checkpoints: readonly Checkpoint[],
  momentumKey: string | null,
): void {
  const isThere = ({ optimizer, found, leftOut }: Collected): boolean =>
    momentumKey === null
      ? found.length + leftOut.length > 0
      : optimizer.states.some(({ values }) => values.has(momentumKey));
  if (collected.some(isThere)) return;
  const [first] = checkpoints;
  const file = first?.name ?? 'no file';
  const what = momentumKey === null ? 'the state of an optimizer' : `tensors with the key "${printable(momentumKey)}"`;
  const keys = [...new Set(first?.tensors.map(({ path }) => path.at(-1) ?? ''))].slice(0, 5);
  const there =
    keys.length > 0 ? `tensors that end in ${keys.map((key) => `"${printable(key)}"`).join(', ')}` : 'no tensor';
  throw new FormatError(
    `momentum: expected ${what}, got ${there} (${file}); give the optimizer's file, or name the key with --momentum-key`,
    file,
  );
}

function weightsOf(checkpoints: readonly Checkpoint[], model: Checkpoint | undefined): readonly ModelWeight[] {
  if (model) return inModuleOrder(model, modelWeights(model, { isModelFile: true }));
  return checkpoints.map((checkpoint) => modelWeights(checkpoint)).find(({ length }) => length > 0) ?? [];
}

function headCounts(checkpoints: readonly Checkpoint[], { heads, keyValueHeads, model }: MomentumOptions): HeadCounts {
  const told = [...checkpoints, ...(model ? [model] : [])].map(({ tree }) => headCountsIn(tree));
  const found = told.find((counts) => counts.heads !== null);
  if (heads !== undefined) return { heads, keyValueHeads: keyValueHeads ?? null };
  return { heads: found?.heads ?? null, keyValueHeads: keyValueHeads ?? found?.keyValueHeads ?? null };
}

/** The order of the model's weights; matrices it does not have keep theirs behind them. */
function inModelOrder(matrices: readonly OwnedMatrix[], weights: readonly ModelWeight[]): readonly OwnedMatrix[] {
  const order = new Map(weights.map(({ name }, i) => [name, i] as const));
  const place = ({ parameter }: OwnedMatrix): number => order.get(parameter) ?? weights.length;
  return [...matrices].sort((a, b) => place(a) - place(b));
}

/** Last two axes of a parameter, by its name. */
function lastAxes(
  matrices: readonly OwnedMatrix[],
  weightShapes: ReadonlyMap<string, readonly number[]>,
): (name: string) => readonly [number, number] | null {
  const shapes = new Map(matrices.map(({ parameter, view }) => [parameter, shapeOf(view)] as const));
  return (name) => {
    const weight = weightShapes.get(name) ?? [];
    const [m, n] = [weight.at(-2), weight.at(-1)];
    return shapes.get(name) ?? (m === undefined || n === undefined ? null : [m, n]);
  };
}

function layoutOfAll(collected: readonly Collected[]): Pick<FoundMomentum, 'layout'> {
  const names = new Set(collected.flatMap(({ found }) => found.map(({ layout }) => layout.name)));
  return { layout: names.size === 0 ? 'none' : [...names].join(' + ') };
}

function layoutNotes(collected: readonly Collected[]): readonly string[] {
  return [...new Set(collected.flatMap(({ found }) => found.flatMap(({ layout }) => layout.notes)))];
}

/**
 * From the model's weights; else from the optimizer's state where every parameter has some. An optimizer that has nothing
 * outside the hidden matrices is not the model's only one.
 */
function sizesFrom(
  weights: readonly ModelWeight[],
  { states }: NamedTensors,
  collected: readonly Collected[],
): Pick<FoundMomentum, 'params' | 'nonEmbeddingParams'> {
  const optimized = collected.flatMap(({ optimizer }) => optimizer.groups.map(({ params }) => params.length));
  const sizes = sizesOf(weights, optimized.length > 0 ? optimized.reduce((sum, n) => sum + n, 0) : null);
  if (sizes) return sizes;
  const hasOthers = collected.some(({ leftOut }) => leftOut.some(({ cause }) => cause === 'moments'));
  const hasEmbedding = states?.some(({ name }) => placeOf(name).kind === 'embedding') === true;
  const all = states !== null && (hasOthers || hasEmbedding) ? sizesOf(states, null) : null;
  const isNamed = states?.every(({ name }) => !name.startsWith(UNNAMED)) === true;
  return { params: all?.params ?? null, nonEmbeddingParams: isNamed ? (all?.nonEmbeddingParams ?? null) : null };
}

function nsInputOf(settings: readonly MuonSettings[]): MomentumStage | null {
  const nesterov = single(settings.map((one) => one.nesterov));
  return nesterov === null ? null : nesterov ? 'nesterov' : 'buffer';
}

/** The value all have; null where they differ, or there are none. */
function single<T>(values: readonly (T | null)[]): T | null {
  const [first = null, ...others] = new Set(values);
  return others.length === 0 ? first : null;
}

/** A checksum over the whole file would mean to read the weights as well, which may be most of it. */
function unchecked(checkpoints: readonly Checkpoint[]): readonly string[] {
  return checkpoints.some(({ format }) => format === 'muonscope')
    ? ['the SHA-256 of the checkpoint was not checked: only its momentum is read']
    : [];
}

function unreadable(checkpoints: readonly Checkpoint[]): readonly SkippedMomentum[] {
  return checkpoints.flatMap(({ skipped }) => skipped.map((one) => ({ ...one, cause: 'unreadable' as const })));
}
