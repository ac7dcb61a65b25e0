/**
 * The GPT of arXiv:2606.04058 as a graph: rotary positions, causal blocks (block.ts), untied head.
 *
 * Weights are stored (outputs, inputs). Tokens are time-major, token n = time * batch + sequence.
 */

import { requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { crossEntropy } from '../graph/operators/crossEntropy.ts';
import { embedding } from '../graph/operators/embedding.ts';
import { linear } from '../graph/operators/matmul.ts';
import { rmsNorm } from '../graph/operators/rmsNorm.ts';
import { rotaryTables } from '../graph/operators/rotary.ts';
import type { Batch } from './batches.ts';
import { block, blockParameters } from './block.ts';
import type { GptConfig } from './config.ts';
import type { HiddenOptimizer, ParameterSpec, Trainable } from './trainable.ts';

const EMBEDDING_DEVIATION = 0.02;

/** @throws DomainError for sizes that make no model */
export function requireModel({ layers, width, headSize, context, vocabulary }: GptConfig): void {
  for (const [name, value] of Object.entries({ layers, width, headSize, context, vocabulary }))
    requireInteger('model', name, value);
  if (headSize % 2 !== 0) throw new DomainError(`model: head size must be even for rotary positions, got ${headSize}`);
  if (width % headSize !== 0)
    throw new DomainError(`model: width must be a multiple of the head size ${headSize}, got ${width}`);
}

/**
 * All weights in the order of the forward pass.
 *
 * Hidden matrices start with spectral norm about sqrt(outputs / inputs), the head with deviation 1 / sqrt(inputs).
 *
 * @throws DomainError for sizes that make no model
 */
export function gptParameters(config: GptConfig, hidden: HiddenOptimizer = 'muon'): readonly ParameterSpec[] {
  requireModel(config);
  const { layers, width, vocabulary } = config;
  const outside = (name: string, initialDeviation: number): ParameterSpec => ({
    name,
    shape: [vocabulary, width],
    optimizer: 'adamw',
    role: name,
    layer: null,
    initialDeviation,
  });
  return [
    outside('embedding', EMBEDDING_DEVIATION),
    ...Array.from({ length: layers }, (_, layer) => blockParameters(layer, width, hidden)).flat(),
    outside('head', 1 / Math.sqrt(width)),
  ];
}

/** The model with batches of `sequences` sequences. @throws DomainError for sizes that make no model */
export function gptModel(config: GptConfig, sequences: number, hidden: HiddenOptimizer = 'muon'): Trainable<Batch> {
  const { context } = config;
  const tokens = { shape: [context * sequences], type: 'int64' } as const;
  return {
    parameters: gptParameters(config, hidden),
    predictions: context * sequences,
    inputs: { tokens, targets: tokens },
    loss: (graph, weights, inputs) => gptLoss(graph, config, weights, inputs.tokens!, inputs.targets!),
    load: (batch, arrays) =>
      loadTimeMajor(batch, context, arrays.tokens as BigInt64Array, arrays.targets as BigInt64Array), // int64 above
  };
}

/**
 * Mean cross-entropy of the next token, in nats.
 *
 * @param weights by name, as listed by {@link gptParameters}
 * @param tokens int64, shape (context * batch,), time-major
 * @param targets like `tokens`
 * @returns shape []
 */
export function gptLoss(
  graph: Graph,
  config: GptConfig,
  weights: ReadonlyMap<string, Tensor>,
  tokens: Tensor,
  targets: Tensor,
): Tensor {
  const batch = tokens.shape[0]! / config.context;
  const weight = (name: string): Tensor => {
    const tensor = weights.get(name);
    if (!tensor) throw new DomainError(`gptLoss: weight "${name}" is missing`);
    return tensor;
  };
  const kind = { causal: true, rotation: rotaryTables(graph, config.context, batch, config.headSize) };
  let x = embedding(graph, weight('embedding'), tokens); // (n, d)
  for (let layer = 0; layer < config.layers; layer++)
    x = block(graph, config, kind, (role) => weight(`layers.${layer}.${role}`), x);
  const logits = linear(graph, rmsNorm(graph, x), weight('head')); // (n, V)
  return crossEntropy(graph, logits, targets);
}

/** (batch, context) row-major -> token n = time * batch + sequence. */
function loadTimeMajor(batch: Batch, context: number, tokens: BigInt64Array, targets: BigInt64Array): void {
  const sequences = batch.tokens.length / context;
  for (let s = 0; s < sequences; s++)
    for (let t = 0; t < context; t++) {
      tokens[t * sequences + s] = BigInt(batch.tokens[s * context + t]!);
      targets[t * sequences + s] = BigInt(batch.targets[s * context + t]!);
    }
}
