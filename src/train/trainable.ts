/** What the trainer knows of a model. */
import type { Bindings } from '../graph/engine.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import type { ElementType } from '../graph/onnx.ts';

/** A weight matrix of the model. */
export interface ParameterSpec {
  /** e.g. "layers.3.mlp.down" */
  readonly name: string;
  /** [outputs, inputs] */
  readonly shape: readonly [number, number];
  readonly optimizer: 'muon' | 'adamw';
  /** attn.q, ... of a hidden matrix; "embedding", "head", ... */
  readonly role: string;
  /** 0-based; null outside the blocks. */
  readonly layer: number | null;
  /** Of the Gaussian it starts from. */
  readonly initialDeviation: number;
}

/** Who updates the hidden matrices; the others always belong to AdamW. */
export type HiddenOptimizer = ParameterSpec['optimizer'];

/** A model with the batches `B` it learns from. */
export interface Trainable<B> {
  readonly parameters: readonly ParameterSpec[];
  /** Predictions a batch is asked for: tokens, or images. */
  readonly predictions: number;
  /** The arrays of one batch, by name. */
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly type: ElementType }>>;
  /** Mean loss of the batch, shape []. */
  loss(graph: Graph, weights: ReadonlyMap<string, Tensor>, inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** Writes a batch into the arrays. */
  load(batch: B, arrays: Bindings): void;
}

/** A hidden matrix, started with spectral norm about sqrt(outputs / inputs): deviation s gives about s (sqrt(outputs) + sqrt(inputs)). */
export function hiddenParameter(
  layer: number,
  role: string,
  [outputs, inputs]: readonly [number, number],
  optimizer: HiddenOptimizer,
): ParameterSpec {
  return {
    name: `layers.${layer}.${role}`,
    shape: [outputs, inputs],
    optimizer,
    role,
    layer,
    initialDeviation: Math.sqrt(outputs / inputs) / (Math.sqrt(outputs) + Math.sqrt(inputs)),
  };
}
