import type { GptConfig } from './config.ts';

/**
 * Floating-point operations of forward and gradients for one token: 6 a weight that multiplies (hidden matrices
 * and head; the embedding only looks up), and 12 L d T for attention over the full context.
 *
 * The causal half of attention that need not be computed is counted, as in the convention of PaLM.
 *
 * @source Chowdhery et al. 2022, arXiv:2204.02311, appendix B
 */
export function trainingFlopsPerToken({ layers, width, context, vocabulary }: GptConfig): number {
  const multiplied = 12 * layers * width * width + vocabulary * width;
  return 6 * multiplied + 12 * layers * width * context;
}
