/** The model's own parameters in a checkpoint, for names and sizes: where they stand, and what of them is no parameter. */
import type { Checkpoint, CheckpointTensor } from '../checkpoints/checkpoint.ts';
import { isTensor, leavesOf, wordsOf } from './checkpointTree.ts';
import { STATE_KEYS } from './optimizerState.ts';
import { placeOf, plainName } from './roles.ts';
import { isOptimizer } from './torchState.ts';

export interface ModelWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where the file does not keep the model's own order: whether the usual one of such models tells the place. */
  readonly order?: 'usual' | 'unknown';
}

/** Keys of a training checkpoint that hold the model, the usual ones first. */
const MODEL_KEYS: readonly string[] = [
  'model',
  'model_state_dict',
  'state_dict',
  'module',
  'model_state',
  'network',
  'net',
  'weights',
];

/** First words of what is neither model nor optimizer. */
const OTHER_KEYS: ReadonlySet<string> = new Set([
  'optimizer',
  'optimizers',
  'optim',
  'opt_state',
  'optimizer_state',
  'optimizer_state_dict',
  'optimizer_states',
  'momentum',
  'momentum_buffer',
  'gradients',
  'grads',
  'first',
  'second',
  'ema',
  'ema_model',
  'scheduler',
  'lr_scheduler',
  'lr_schedulers',
  'rng_state',
  'dataloader',
  'scaler',
  'inner_states',
]);

/** Buffers that stand among the weights of a state dict. */
const BUFFER =
  /(?:running_(?:mean|var)|num_batches_tracked|inv_freq|freqs_cis|rotary\w*|masked_bias|position_ids|_extra_state|_scales?|prefix_table|sign_table|\.cos|\.sin)$/;

/** Elements of a tensor. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Weights of the model in the order of the file, without buffers.
 *
 * @param isModelFile whether nothing but a model is expected, so that tensors at the root are its weights
 */
export function modelWeights(
  checkpoint: Checkpoint,
  { isModelFile = false }: { readonly isModelFile?: boolean } = {},
): readonly ModelWeight[] {
  const key = MODEL_KEYS.find((candidate) => tensorsBelow(checkpoint.tree.get(candidate)).length > 0);
  if (key !== undefined) return weightsOf(tensorsBelow(checkpoint.tree.get(key)));
  const rest = leavesOf(checkpoint.tree, { closed: isOptimizer }).filter(({ path }) => !isOptimizerKey(path));
  const tensors = rest.flatMap(({ path, value }) => (isTensor(value) ? [{ path, tensor: value }] : []));
  const flat = MODEL_KEYS.find((candidate) => tensors.some(({ path }) => wordsOf(path)[0] === candidate));
  if (isModelFile || flat === undefined) return weightsOf(isModelFile ? tensors : matricesOfModel(tensors));
  const below = tensors.filter(({ path }) => wordsOf(path)[0] === flat);
  return weightsOf(below.map(({ path, tensor }) => ({ path: [wordsOf(path).slice(1).join('.')], tensor })));
}

interface Placed {
  readonly path: readonly string[];
  readonly tensor: CheckpointTensor;
}

function tensorsBelow(value: Parameters<typeof leavesOf>[0] | undefined): readonly Placed[] {
  if (!(value instanceof Map)) return [];
  return leavesOf(value, { closed: isOptimizer }).flatMap(({ path, value: leaf }) =>
    isTensor(leaf) ? [{ path, tensor: leaf }] : [],
  );
}

/** Tensors at the root of a training checkpoint are its model only where layers are among them. */
function matricesOfModel(tensors: readonly Placed[]): readonly Placed[] {
  const hasLayers = tensors.some(({ path }) => /(?:^|\.)(?:layers?|blocks?|h)[._]/.test(path.join('.')));
  return hasLayers ? tensors : [];
}

function isOptimizerKey(path: readonly string[]): boolean {
  const words = wordsOf(path);
  return words.some((word) => OTHER_KEYS.has(word)) || STATE_KEYS.has(words.at(-1) ?? '');
}

function weightsOf(placed: readonly Placed[]): readonly ModelWeight[] {
  return placed
    .filter(({ path, tensor }) => isFloating(tensor) && !BUFFER.test(path.join('.')) && !isMask(path, tensor))
    .map(({ path, tensor }) => ({ name: plainName(path.join('.')), shape: tensor.shape }));
}

function isFloating({ dtype }: CheckpointTensor): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16';
}

/** GPT-2 keeps its causal mask as "attn.bias" (1, 1, T, T). */
function isMask(path: readonly string[], { shape }: CheckpointTensor): boolean {
  return shape.length === 4 && (path.at(-1) ?? '').endsWith('attn.bias');
}

/** All parameters, and those outside embeddings and head; learned positions are embeddings. */
export interface Sizes {
  readonly params: number;
  readonly nonEmbeddingParams: number;
}

/**
 * Sizes from named shapes.
 *
 * @param optimized parameters the optimizer has, null where that is not known; one weight more than those means that head
 *   and embedding are one matrix which the state dict lists twice
 */
export function sizesOf(weights: readonly ModelWeight[], optimized: number | null): Sizes | null {
  if (weights.length === 0) return null;
  const placed = weights.map(({ name, shape }) => ({ kind: placeOf(name).kind, shape }));
  const heads = placed.filter(({ kind }) => kind === 'head');
  const embeddings = placed.filter(({ kind }) => kind === 'embedding');
  const nonEmbeddingParams = sum(placed.filter(({ kind }) => kind !== 'head' && kind !== 'embedding'));
  const [head] = heads;
  const isTied = head !== undefined && embeddings.some(({ shape }) => shape.join() === head.shape.join());
  const counted = optimized === weights.length - 1 && isTied ? heads.slice(1) : heads;
  return { params: nonEmbeddingParams + sum(embeddings) + sum(counted), nonEmbeddingParams };
}

function sum(weights: readonly { readonly shape: readonly number[] }[]): number {
  return weights.reduce((total, { shape }) => total + elementsOf(shape), 0);
}
