/** Model size in every convention. */
import { requireInteger } from '../base/checks.ts';

/** Parameters of a model, with and without those that grow with the vocabulary. */
export interface ModelSize {
  /** All parameters, embeddings included. */
  readonly params: number;
  readonly nonEmbeddingParams: number;
}

/**
 * Parameters of the GPT of arXiv:2606.04058: four attention matrices of d^2 and an MLP of 8 d^2 a layer, untied
 * embedding and head of V d each, no gains, no biases.
 *
 * non-embedding = 12 L d^2; total = 12 L d^2 + 2 V d. The paper's sizes are totals: 8 layers of width 512 with 50257
 * tokens give its 77M. Counts that tie the head to the embedding have V d less; those with gains 2 d or so a layer more.
 *
 * @throws DomainError unless all three are positive integers
 * @example gptParams({ layers: 4, width: 32, vocabulary: 256 }) // { params: 65536, nonEmbeddingParams: 49152 }
 */
export function gptParams({
  layers,
  width,
  vocabulary,
}: {
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
}): ModelSize {
  requireInteger('gptParams', 'layers', layers);
  requireInteger('gptParams', 'width', width);
  requireInteger('gptParams', 'vocabulary', vocabulary);
  const nonEmbeddingParams = 12 * layers * width ** 2;
  return { params: nonEmbeddingParams + 2 * vocabulary * width, nonEmbeddingParams };
}
