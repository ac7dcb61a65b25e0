/**
 * A small vision transformer on the blocks of the GPT: patch embedding, learned positions, no causal mask, the mean over
 * patches read by a linear head.
 *
 * The matched control of the GPT: same block, same optimizers; embedding, positions and head belong to AdamW.
 *
 * Source: Dosovitskiy et al. 2021, arXiv:2010.11929; the mean instead of a class token as in Beyer et al. 2022, arXiv:2205.01580.
 */
import { requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { crossEntropy } from '../graph/operators/crossEntropy.ts';
import { add } from '../graph/operators/elementwise.ts';
import { linear } from '../graph/operators/matmul.ts';
import { reduceMean } from '../graph/operators/reduce.ts';
import { rmsNorm } from '../graph/operators/rmsNorm.ts';
import { reshape } from '../graph/operators/shape.ts';
import { block, blockParameters } from './block.ts';
import { type ImageBatch, loadPatches } from './images.ts';
import type { HiddenOptimizer, ParameterSpec, Trainable } from './trainable.ts';

export interface VitConfig {
  readonly layers: number;
  readonly width: number;
  /** Head size; width must be a multiple of it. */
  readonly headSize: number;
  /** Pixels a side of an image; a multiple of the patch. */
  readonly side: number;
  /** Pixels a side of a patch. */
  readonly patch: number;
  readonly channels: number;
  readonly classes: number;
}

const POSITION_DEVIATION = 0.02;

/** @throws DomainError for sizes that make no model */
export function requireVit(config: VitConfig): void {
  for (const [name, value] of Object.entries(config)) requireInteger('ViT', name, value);
  const { width, headSize, side, patch } = config;
  if (width % headSize !== 0)
    throw new DomainError(`ViT: width must be a multiple of the head size ${headSize}, got ${width}`);
  if (side % patch !== 0)
    throw new DomainError(`ViT: images of ${side} pixels cannot be cut into patches of ${patch}; choose a divisor`);
}

/** Patches an image. */
export function patchesOf({ side, patch }: Pick<VitConfig, 'side' | 'patch'>): number {
  return (side / patch) ** 2;
}

/** All weights in the order of the forward pass. @throws DomainError for sizes that make no model */
export function vitParameters(config: VitConfig, hidden: HiddenOptimizer = 'muon'): readonly ParameterSpec[] {
  requireVit(config);
  const { layers, width, patch, channels, classes } = config;
  const pixels = patch * patch * channels;
  const outside = (name: string, shape: readonly [number, number], initialDeviation: number): ParameterSpec => ({
    name,
    shape,
    optimizer: 'adamw',
    role: name,
    layer: null,
    initialDeviation,
  });
  return [
    outside('embedding', [width, pixels], 1 / Math.sqrt(pixels)),
    outside('positions', [patchesOf(config), width], POSITION_DEVIATION),
    ...Array.from({ length: layers }, (_, layer) => blockParameters(layer, width, hidden)).flat(),
    outside('head', [classes, width], 1 / Math.sqrt(width)),
  ];
}

/** The model with batches of `images` images. @throws DomainError for sizes that make no model */
export function vitModel(config: VitConfig, images: number, hidden: HiddenOptimizer = 'muon'): Trainable<ImageBatch> {
  const { patch, channels } = config;
  const parameters = vitParameters(config, hidden);
  return {
    parameters,
    predictions: images,
    inputs: {
      patches: { shape: [patchesOf(config) * images, patch * patch * channels], type: 'float32' },
      labels: { shape: [images], type: 'int64' },
    },
    loss: (graph, weights, { patches, labels }) => vitLoss(graph, config, weights, patches!, labels!),
    load(batch, arrays) {
      loadPatches(batch, patch, arrays.patches as Float32Array); // types as in `inputs`
      const labels = arrays.labels as BigInt64Array;
      batch.chosen.forEach((index, i) => {
        labels[i] = BigInt(batch.images.labels[index]!);
      });
    },
  };
}

/**
 * Mean cross-entropy of the class, in nats.
 *
 * @param patches (patches * batch, pixels), time-major
 * @param labels int64, (batch,)
 * @returns shape []
 */
export function vitLoss(
  graph: Graph,
  config: VitConfig,
  weights: ReadonlyMap<string, Tensor>,
  patches: Tensor,
  labels: Tensor,
): Tensor {
  const weight = (name: string): Tensor => {
    const tensor = weights.get(name);
    if (!tensor) throw new DomainError(`vitLoss: weight "${name}" is missing`);
    return tensor;
  };
  const [batch] = labels.shape as [number];
  const { width, layers, headSize } = config;
  const context = patchesOf(config);
  const embedded = reshape(graph, linear(graph, patches, weight('embedding')), [context, batch, width]);
  const placed = add(graph, embedded, reshape(graph, weight('positions'), [context, 1, width]));
  let x = reshape(graph, placed, [context * batch, width]);
  const kind = { causal: false, rotation: null };
  for (let layer = 0; layer < layers; layer++)
    x = block(graph, { width, headSize, context }, kind, (role) => weight(`layers.${layer}.${role}`), x);
  const pooled = reduceMean(graph, reshape(graph, rmsNorm(graph, x), [context, batch, width]), [0]);
  return crossEntropy(graph, linear(graph, reshape(graph, pooled, [batch, width]), weight('head')), labels);
}
