/**
 * Memory that training takes at its peak, estimated from shapes before anything is allocated.
 *
 * Inputs: the config of a run. Output: bytes of the whole process.
 * Method: a sum of the arrays that grow with the model, each with a measured multiplicity:
 *   1. hidden weights: both copies, momentum, gradients, Newton-Schulz, a checkpoint on its way to the disk;
 *   2. embedding and head: the same with two moments instead of one;
 *   3. activations of n = batch * context tokens, kept by every layer for its gradient, and those of one layer at work;
 *   4. attention weights of every layer, and the scores of one layer at work;
 *   5. logits with their gradient.
 * Guaranteed: nothing; within a third of the peak of the process for models of 11 k to 29 M parameters.
 */
import type { TrainConfig } from './config.ts';

/** The process before any model: runtime, engine, kernels, a small text. */
const BASE_BYTES = 160e6;

// Fitted to the peak memory of eight runs on the cpu engine with two threads (test/train/memory.test.ts).
const HIDDEN_COPIES = 16;
const OUTSIDE_COPIES = 20;
const ACTIVATIONS_KEPT = 47;
const ACTIVATIONS_AT_WORK = 19;
const SCORES_KEPT = 3;
const SCORES_AT_WORK = 7.5;
const LOGIT_COPIES = 5;
const FLOAT_BYTES = 4;

/**
 * Bytes a run needs at its peak; an estimate, see the head of this file.
 *
 * @param config any sizes, even ones no machine can hold
 */
export function trainingBytes({ model, batch }: Pick<TrainConfig, 'model' | 'batch'>): number {
  const { layers, width, headSize, context, vocabulary } = model;
  const tokens = batch * context;
  const scores = batch * (width / headSize) * context ** 2;
  const floats =
    HIDDEN_COPIES * 12 * layers * width ** 2 +
    OUTSIDE_COPIES * 2 * vocabulary * width +
    (ACTIVATIONS_KEPT * layers + ACTIVATIONS_AT_WORK) * tokens * width +
    (SCORES_KEPT * layers + SCORES_AT_WORK) * scores +
    LOGIT_COPIES * tokens * vocabulary;
  return BASE_BYTES + FLOAT_BYTES * floats;
}
