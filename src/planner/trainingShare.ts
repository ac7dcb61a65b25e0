/** What Newton-Schulz costs next to the forward and backward pass. */
import { requirePositive } from '../base/checks.ts';
import type { ModelDescription } from './modelFamilies/modelDescription.ts';
import type { TrainingShare } from './plan.ts';

/** Two flops a weight and token forward, four backward; attention scores, norms and the optimizer itself left out. */
const FLOPS_PER_WEIGHT_AND_TOKEN = 6;

/**
 * Newton-Schulz flops over those of one training step.
 *
 * @param nsFlops of all matrices, a step: the plan's, and the baseline's
 * @throws DomainError unless tokensPerStep is positive and finite
 * @source 6 N D of Kaplan et al. 2020, arXiv:2001.08361, with N the weights that multiply a token
 */
export function trainingShare(
  { weightsPerToken }: Pick<ModelDescription, 'weightsPerToken'>,
  tokensPerStep: number,
  nsFlops: number,
  baselineFlops: number,
): TrainingShare {
  requirePositive('plan', 'tokens per step', tokensPerStep);
  const trainingFlops = FLOPS_PER_WEIGHT_AND_TOKEN * weightsPerToken * tokensPerStep;
  return {
    tokensPerStep,
    weightsPerToken,
    trainingFlops,
    plan: nsFlops / trainingFlops,
    baseline: baselineFlops / trainingFlops,
  };
}
