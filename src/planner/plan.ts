import type { NsCoefficients, NsEntry, NsPrecision } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';

/**
 * What "still orthonormalises" means: the output at the forecast `quantile` reaches `floor`, and larger singular
 * values stay near or above it; see `judge` for the exact rule.
 */
export interface PlanCriterion {
  readonly quantile: number;
  readonly floor: number;
  readonly precision: NsPrecision;
}

/** The configuration of one role at one depth, and why. */
export interface PlanLayer {
  readonly role: string;
  readonly depth: number;
  /** Forecast singular value at the criterion's quantile, of X / ||X||_F. */
  readonly sigma: Interval;
  readonly schedule: {
    readonly name: string;
    readonly coefficients: readonly NsCoefficients[];
    readonly entry: NsEntry;
    readonly precision: NsPrecision;
  };
  /** NS output at `sigma.value`; smallest and largest over all of [sigma.low, sigma.high], not only at its ends. */
  readonly output: Interval;
  readonly products: number;
  /** Of all matrices this row stands for, a training step. */
  readonly flops: number;
  readonly reasons: readonly string[];
  /** [m, n] of one matrix of this row at the target size. */
  readonly shape?: readonly [number, number];
  /** Matrices this row stands for: one a layer that is planned by this depth. */
  readonly matrices?: number;
  /** Whether this row meets the criterion. */
  readonly met?: boolean;
}

/** `plan --json` and STUDY/plan.json. */
export interface Plan {
  readonly schema: 'muonscope.plan/1';
  readonly target: { readonly params: number; readonly width: number; readonly layers: number };
  readonly criterion: PlanCriterion;
  readonly source: string;
  readonly layers: readonly PlanLayer[];
  readonly baseline: { readonly name: string; readonly flops: number };
  readonly flops: number;
  /** 1 - flops / baseline.flops; negative where the plan costs more. */
  readonly saved: number;
  /** Whether every layer meets the criterion; false makes the command exit 1. */
  readonly met: boolean;
  readonly warnings: readonly string[];
}
