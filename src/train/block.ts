/**
 * The transformer block that all models share: pre-norm RMSNorm without gain, RMS-normalised queries and keys,
 * squared-ReLU MLP of four times the width, no biases.
 *
 * Tokens are time-major, token n = time * batch + sequence: attention then reads every head in place, without transposing.
 */
import type { Graph, Tensor } from '../graph/graph.ts';
import { attention } from '../graph/operators/attention.ts';
import { add, squaredRelu } from '../graph/operators/elementwise.ts';
import { linear } from '../graph/operators/matmul.ts';
import { rmsNorm } from '../graph/operators/rmsNorm.ts';
import { type RotaryTables, rotary } from '../graph/operators/rotary.ts';
import { concatenate, reshape, split } from '../graph/operators/shape.ts';
import { type HiddenOptimizer, hiddenParameter, type ParameterSpec } from './trainable.ts';

export interface BlockShape {
  readonly width: number;
  readonly headSize: number;
  /** Tokens a sequence. */
  readonly context: number;
}

/** Whether later tokens are hidden, and how positions enter: by rotation, or not here. */
export interface BlockKind {
  readonly causal: boolean;
  readonly rotation: RotaryTables | null;
}

/** Hidden size of the MLP over the width. */
const MLP_EXPANSION = 4;

/** The six hidden matrices of one block, in the order of the forward pass. */
export function blockParameters(layer: number, width: number, optimizer: HiddenOptimizer): readonly ParameterSpec[] {
  const square = [width, width] as const;
  return [
    hiddenParameter(layer, 'attn.q', square, optimizer),
    hiddenParameter(layer, 'attn.k', square, optimizer),
    hiddenParameter(layer, 'attn.v', square, optimizer),
    hiddenParameter(layer, 'attn.o', square, optimizer),
    hiddenParameter(layer, 'mlp.up', [MLP_EXPANSION * width, width], optimizer),
    hiddenParameter(layer, 'mlp.down', [width, MLP_EXPANSION * width], optimizer),
  ];
}

/**
 * x + attention, then + MLP.
 *
 * @param weightOf weight of this block by role
 * @param x (n, d), n = context * batch
 */
export function block(
  graph: Graph,
  shape: BlockShape,
  kind: BlockKind,
  weightOf: (role: string) => Tensor,
  x: Tensor,
): Tensor {
  const attended = add(graph, x, attentionBranch(graph, shape, kind, weightOf, rmsNorm(graph, x)));
  const hidden = squaredRelu(graph, linear(graph, rmsNorm(graph, attended), weightOf('mlp.up'))); // (n, 4d)
  return add(graph, attended, linear(graph, hidden, weightOf('mlp.down')));
}

/** Attention of one block on its normalised input, projections included. */
function attentionBranch(
  graph: Graph,
  { width, headSize, context }: BlockShape,
  { causal, rotation }: BlockKind,
  weightOf: (role: string) => Tensor,
  h: Tensor, // (n, d)
): Tensor {
  const n = h.shape[0]!;
  const heads = width / headSize;
  const joined = concatenate(graph, [weightOf('attn.q'), weightOf('attn.k'), weightOf('attn.v')], 0);
  const qkv = linear(graph, h, joined); // (n, 3d)
  const [qk, v] = split(graph, qkv, [2 * width, width], 1) as [Tensor, Tensor]; // two sizes, two parts
  const normalised = reshape(graph, rmsNorm(graph, reshape(graph, qk, [n * 2 * heads, headSize])), [n, 1, 2 * width]);
  const placed = rotation ? rotary(graph, normalised, rotation) : normalised;
  const [q, k] = split(graph, placed, [width, width], 2) as [Tensor, Tensor];
  const perHead = (a: Tensor): Tensor => reshape(graph, a, [context, n / context, heads, headSize]);
  const mixed = attention(graph, perHead(q), perHead(k), perHead(v), { causal });
  return linear(graph, reshape(graph, mixed, [n, width]), weightOf('attn.o'));
}
