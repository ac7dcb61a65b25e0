/** Matrices as findMomentum delivers them: with their layers counted, their settings found, and a way to read them. */
import { UsageError } from '../../base/errors.ts';
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import type { MomentumConvention, MomentumIdentity } from '../momentumSample.ts';
import type { GroupSettings } from './groupSettings.ts';
import { type MatrixView, readView, shapeOf } from './matrixView.ts';
import { elementsOf } from './modelWeights.ts';
import type { MomentumMatrix, SkippedMomentum } from './momentumMatrix.ts';
import type { OwnedMatrix } from './namedTensors.ts';
import { gradientsIn, readBlend } from './nesterovBlend.ts';

export interface ReadingContext {
  readonly settings: GroupSettings;
  /** Layers by stack. */
  readonly layers: ReadonlyMap<string, number>;
}

/** Matrices of the buffers as kept. */
export function bufferMatrices(matrices: readonly OwnedMatrix[], context: ReadingContext): readonly MomentumMatrix[] {
  return matrices.map((matrix) => matrixOf(matrix, context, () => readView(matrix.view)));
}

/**
 * Matrices as NS receives them under Nesterov, where gradients stand beside the momentum.
 *
 * @throws UsageError if there are no gradients, or the rule that blends them is not known
 */
export function blendedMatrices(
  matrices: readonly OwnedMatrix[],
  context: ReadingContext,
  {
    checkpoints,
    convention,
  }: { readonly checkpoints: readonly Checkpoint[]; readonly convention: MomentumConvention | null },
): { readonly matrices: readonly MomentumMatrix[]; readonly skipped: readonly SkippedMomentum[] } {
  const gradients = new Map(checkpoints.flatMap(({ tree }) => [...gradientsIn(tree)]));
  if (gradients.size === 0)
    throw new UsageError(
      '--stage nesterov: expected gradients beside the momentum, under "gradients" by name of their parameter, found none; scan the buffers, or record in the running job',
    );
  if (convention === null)
    throw new UsageError(
      '--stage nesterov: the checkpoint does not say whether its momentum is a sum or an average; pass --convention',
    );
  const skipped: SkippedMomentum[] = [];
  const blended = matrices.flatMap((matrix) => {
    const gradient = gradientView(matrix, gradients.get(matrix.parameter));
    const momentum = momentumOf(matrix, context.settings);
    if (gradient) return [matrixOf(matrix, context, () => readBlend(matrix.view, gradient, { momentum, convention }))];
    const reason = 'no gradient of its name and shape beside it';
    skipped.push({ name: matrix.name, shape: shapeOf(matrix.view), cause: 'missing', reason });
    return [];
  });
  return { matrices: blended, skipped };
}

/** The same elements of the gradient: of a tensor of the momentum's shape, or of one matrix of its stack. */
function gradientView(
  { view, parameter, name }: OwnedMatrix,
  gradient: CheckpointTensor | undefined,
): MatrixView | null {
  if (gradient === undefined) return null;
  const { tensor, stride, rows } = view;
  if (gradient.shape.join() === tensor.shape.join()) return { ...view, tensor: gradient };
  const isOneOfGroup = name === parameter || name.startsWith(`${parameter}.`);
  const height = elementsOf(gradient.shape) / stride;
  const fits = gradient.shape.at(-1) === stride && rows.every(({ end }) => end <= height);
  return isOneOfGroup && fits ? { ...view, tensor: gradient, offset: 0 } : null;
}

function momentumOf({ found }: OwnedMatrix, settings: GroupSettings): number {
  const momentum = settings.settings[settings.indexOf(found) ?? 0]?.momentum ?? null;
  if (momentum !== null) return momentum;
  throw new UsageError(
    '--stage nesterov: neither the checkpoint nor its layout tells the momentum coefficient; scan the buffers',
  );
}

function matrixOf(
  { name, place, view, found }: OwnedMatrix,
  { settings, layers }: ReadingContext,
  read: MomentumMatrix['read'],
): MomentumMatrix {
  return {
    name,
    role: place.role,
    layer: place.layer ?? 0,
    layers: place.stack === null ? 1 : (layers.get(place.stack) ?? 1),
    shape: shapeOf(view),
    dtype: view.tensor.dtype as MomentumIdentity['dtype'], // others are left out before
    settings: settings.indexOf(found),
    read,
  };
}
