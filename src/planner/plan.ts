import type { NsCoefficients, NsEntry, NsPrecision, Remedy } from '../newtonSchulz/schedule.ts';
import type { Interval } from '../scaling/law.ts';

/**
 * What "still orthonormalises" means: the output at the forecast `quantile` reaches `floor`, and larger singular
 * values stay near or above it; see `judge` for the exact rule.
 */
export interface PlanCriterion {
  readonly quantile: number;
  readonly floor: number;
  readonly precision: NsPrecision;
  /** Share of certainty: the criterion must hold at the low end of the interval of this confidence, not at the forecast. */
  readonly confidence?: number;
}

/** What a matrix runs. */
export interface PlannedSchedule {
  readonly name: string;
  readonly coefficients: readonly NsCoefficients[];
  readonly entry: NsEntry;
  readonly precision: NsPrecision;
}

/** What is done beside the schedule because rounding would lose the direction; see newtonSchulz/remedy.ts. */
export interface PlanRemedy {
  readonly name: Exclude<Remedy, 'none'>;
  /** Matrix products of full size beside those of the schedule, a matrix. */
  readonly products: number;
  /** Beside those of the schedule, of all matrices of the row; part of the row's `flops`. */
  readonly flops: number;
  /** Of the schedule's flops, those that run at the float32 rate; of all matrices of the row. */
  readonly float32Flops: number;
}

/** The best schedule at the next smaller or larger number of products, with the remedy of the row if it has one. */
export interface PlanAlternative {
  readonly name: string;
  readonly products: number;
  /** Of all matrices of the layer. */
  readonly flops: number;
  /** Output at the singular value planned for. */
  readonly output: number;
  /** The highest floor it meets there, 0 to 1. */
  readonly reach: number;
}

/** One product less and one more, or as near as there is; null where there is none. */
export interface PlanAlternatives {
  readonly fewer: PlanAlternative | null;
  readonly more: PlanAlternative | null;
}

/** The configuration of one role at one depth, and why. */
export interface PlanLayer {
  readonly role: string;
  readonly depth: number;
  /** Forecast singular value at the criterion's quantile, of X / ||X||_F. */
  readonly sigma: Interval;
  readonly schedule: PlannedSchedule;
  /**
   * NS output at `sigma.value`; smallest and largest over all of [sigma.low, sigma.high], not only at its ends. In another
   * precision than float32 as the precision model predicts it, over the interval at five places.
   */
  readonly output: Interval;
  readonly products: number;
  /** Of all matrices this row stands for, a training step; with those of the remedy. */
  readonly flops: number;
  readonly reasons: readonly string[];
  /** [m, n] of one matrix of this row at the target size. */
  readonly shape?: readonly [number, number];
  /** Matrices this row stands for: one a layer that is planned by this depth, or the copies in one layer. */
  readonly matrices?: number;
  /** Whether this row meets the criterion. */
  readonly met?: boolean;
  /** The layer it stands for, 0-based; absent where a row stands for a range of depths. */
  readonly layer?: number;
  /** Which of several matrices of one role: "experts", "shared expert". */
  readonly part?: string;
  /** Regular expression of the parameter's name without ".weight"; `{layer}` stands for the number of the layer. */
  readonly parameter?: string;
  /** The singular value the schedule was chosen for: `sigma.value`, or the low end at the criterion's confidence. */
  readonly plannedFor?: number;
  /** Where the criterion is not met: the highest floor that any schedule to choose from meets here, 0 to 1. */
  readonly reach?: number;
  /** Whether a law behind the forecast is weak; the reasons say how. */
  readonly weak?: boolean;
  /** What the schedule needs beside it in the criterion's precision; absent where it needs nothing. */
  readonly remedy?: PlanRemedy;
}

/** Consecutive layers of one kind of matrix that run the same schedule. */
export interface PlanRule {
  readonly role: string;
  readonly part?: string;
  readonly parameter: string;
  /** First and last layer, 0-based, both included. */
  readonly layers: readonly [number, number];
  /** Their depths. */
  readonly depths: readonly [number, number];
  readonly shape: readonly [number, number];
  readonly schedule: PlannedSchedule;
  readonly products: number;
  /** All matrices of the rule. */
  readonly matrices: number;
  readonly flops: number;
  /** Smallest and largest forecast. */
  readonly sigma: readonly [number, number];
  /** At the layer with the smallest singular value planned for: that value, the output there, the alternatives. */
  readonly hardest: {
    readonly layer: number;
    readonly sigma: number;
    readonly output: number;
    readonly alternatives: PlanAlternatives;
  };
  readonly met: boolean;
  readonly weak: boolean;
  /** Of all rows of the rule. */
  readonly remedy?: PlanRemedy;
}

/** A law that a reader should not lean on, and why. */
export interface WeakLaw {
  readonly role: string;
  readonly depth: number;
  readonly reasons: readonly string[];
}

/** How far the target lies from what was measured. */
export interface Extrapolation {
  /** Decades of size beyond the largest measured model; negative below the smallest; 0 between. */
  readonly decades: number;
  /** Sizes of the smallest and largest measured model, in the convention of the laws. */
  readonly measured: readonly [number, number];
  readonly weakLaws: readonly WeakLaw[];
}

/** Newton-Schulz in units of the forward and backward pass. */
export interface TrainingShare {
  readonly tokensPerStep: number;
  /** Weights that multiply a token. */
  readonly weightsPerToken: number;
  /** 6 flops a weight and token. */
  readonly trainingFlops: number;
  /** Newton-Schulz flops over `trainingFlops`, with this plan and with the baseline. */
  readonly plan: number;
  readonly baseline: number;
}

/** `plan --json` and STUDY/plan.json. */
export interface Plan {
  readonly schema: 'muonscope.plan/1';
  readonly target: {
    readonly params: number;
    readonly width: number;
    readonly layers: number;
    /** model_type of the config it was read from, "own", or "size". */
    readonly family?: string;
    readonly nonEmbeddingParams?: number;
    readonly activeParams?: number;
  };
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
  /** `layers` compressed: every row of a layer belongs to exactly one rule. */
  readonly rules?: readonly PlanRule[];
  readonly extrapolation?: Extrapolation;
  readonly trainingShare?: TrainingShare;
}
