import type { RateSchedule } from './config.ts';

/**
 * Factor on the learning rates: linear warm-up, constant, linear decay to zero over the last share of steps.
 *
 * @param step 0-based, below `steps`
 * @returns in (0, 1]
 */
export function rateFactor({ warmupSteps, decayShare }: RateSchedule, step: number, steps: number): number {
  const warmup = warmupSteps > 0 ? (step + 1) / warmupSteps : 1;
  const decaySteps = decayShare * steps;
  const decay = decaySteps > 0 ? (steps - step) / decaySteps : 1;
  return Math.min(1, warmup, decay);
}
