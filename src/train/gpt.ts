/**
 * The GPT of arXiv:2606.04058 as a graph: pre-norm RMSNorm without gain, rotary positions, RMS-normalised
 * queries and keys, squared-ReLU MLP of four times the width, untied head, no biases.
 *
 * Weights are stored (outputs, inputs). Tokens are time-major, token n = time * batch + sequence: attention
 * then reads every head in place, without transposing.
 */

import { requireInteger } from '../base/checks.ts';
import { DomainError } from '../base/errors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { attention } from '../graph/operators/attention.ts';
import { crossEntropy } from '../graph/operators/crossEntropy.ts';
import { add, squaredRelu } from '../graph/operators/elementwise.ts';
import { embedding } from '../graph/operators/embedding.ts';
import { linear } from '../graph/operators/matmul.ts';
import { rmsNorm } from '../graph/operators/rmsNorm.ts';
import { type RotaryTables, rotary, rotaryTables } from '../graph/operators/rotary.ts';
import { concatenate, reshape, split } from '../graph/operators/shape.ts';
import type { GptConfig } from './config.ts';

/** A weight matrix of the model. */
export interface ParameterSpec {
  /** e.g. "layers.3.mlp.down" */
  readonly name: string;
  /** [outputs, inputs] */
  readonly shape: readonly [number, number];
  readonly optimizer: 'muon' | 'adamw';
  /** attn.q, ... of a hidden matrix; "embedding" or "head". */
  readonly role: string;
  /** 0-based; null outside the blocks. */
  readonly layer: number | null;
  /** Of the Gaussian it starts from. */
  readonly initialDeviation: number;
}

/** Hidden size of the MLP over the width. */
const MLP_EXPANSION = 4;
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
 * Hidden matrices start with spectral norm about sqrt(outputs / inputs): a Gaussian matrix of deviation s has
 * spectral norm about s (sqrt(outputs) + sqrt(inputs)). The head starts with deviation 1 / sqrt(inputs).
 *
 * @throws DomainError for sizes that make no model
 */
export function gptParameters(config: GptConfig): readonly ParameterSpec[] {
  requireModel(config);
  const { layers, width, vocabulary } = config;
  const hidden = (layer: number, role: string, outputs: number, inputs: number): ParameterSpec => ({
    name: `layers.${layer}.${role}`,
    shape: [outputs, inputs],
    optimizer: 'muon',
    role,
    layer,
    initialDeviation: Math.sqrt(outputs / inputs) / (Math.sqrt(outputs) + Math.sqrt(inputs)),
  });
  const outside = (name: string, initialDeviation: number): ParameterSpec => ({
    name,
    shape: [vocabulary, width],
    optimizer: 'adamw',
    role: name,
    layer: null,
    initialDeviation,
  });
  const block = (layer: number): ParameterSpec[] => [
    hidden(layer, 'attn.q', width, width),
    hidden(layer, 'attn.k', width, width),
    hidden(layer, 'attn.v', width, width),
    hidden(layer, 'attn.o', width, width),
    hidden(layer, 'mlp.up', MLP_EXPANSION * width, width),
    hidden(layer, 'mlp.down', width, MLP_EXPANSION * width),
  ];
  return [
    outside('embedding', EMBEDDING_DEVIATION),
    ...Array.from({ length: layers }, (_, layer) => block(layer)).flat(),
    outside('head', 1 / Math.sqrt(width)),
  ];
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
  const tables = rotaryTables(graph, config.context, batch, config.headSize);
  let x = embedding(graph, weight('embedding'), tokens); // (n, d)
  for (let layer = 0; layer < config.layers; layer++) {
    const of = (role: string): Tensor => weight(`layers.${layer}.${role}`);
    x = add(graph, x, attentionBranch(graph, config, of, rmsNorm(graph, x), tables));
    const hidden = squaredRelu(graph, linear(graph, rmsNorm(graph, x), of('mlp.up'))); // (n, 4d)
    x = add(graph, x, linear(graph, hidden, of('mlp.down')));
  }
  const logits = linear(graph, rmsNorm(graph, x), weight('head')); // (n, V)
  return crossEntropy(graph, logits, targets);
}

/** Attention of one block on its normalised input, projections included. */
function attentionBranch(
  graph: Graph,
  { width, headSize, context }: GptConfig,
  weightOf: (role: string) => Tensor,
  h: Tensor, // (n, d)
  tables: RotaryTables,
): Tensor {
  const n = h.shape[0]!;
  const heads = width / headSize;
  const joined = concatenate(graph, [weightOf('attn.q'), weightOf('attn.k'), weightOf('attn.v')], 0);
  const qkv = linear(graph, h, joined); // (n, 3d)
  const [qk, v] = split(graph, qkv, [2 * width, width], 1) as [Tensor, Tensor]; // two sizes, two parts
  const normalised = rmsNorm(graph, reshape(graph, qk, [n * 2 * heads, headSize]));
  const rotated = rotary(graph, reshape(graph, normalised, [n, 1, 2 * width]), tables);
  const [q, k] = split(graph, rotated, [width, width], 2) as [Tensor, Tensor];
  const perHead = (a: Tensor): Tensor => reshape(graph, a, [context, n / context, heads, headSize]);
  const mixed = attention(graph, perHead(q), perHead(k), perHead(v), { causal: true });
  return linear(graph, reshape(graph, mixed, [n, width]), weightOf('attn.o'));
}
