/** What Newton-Schulz makes of the momentum in a checkpoint: `audit --json`. */
import type { NsPrecision } from '../newtonSchulz/schedule.ts';
import type { CheckpointFormat } from '../sources/checkpoints/checkpoint.ts';
import type { MomentumIdentity, MomentumStage } from '../sources/momentumSample.ts';
import type { UnmeasuredCause } from '../spectra/scannedMomentum.ts';
import type { PlannedSchedule, PlanRemedy } from './plan.ts';

/**
 * Outputs below which directions are counted. 0.1 is the failure level of arXiv:2606.04058; 0.7 is just above what
 * Jordan's steps leave of directions that have converged, which swing between 0.68 and 1.14.
 */
export const AUDIT_LEVELS = [0.1, 0.5, 0.7] as const;

/** Shares of directions by level, keyed "0.1", "0.5", "0.7". */
export type SharesBelow = Readonly<Record<`${(typeof AUDIT_LEVELS)[number]}`, number>>;

/** Who says which NS runs: the checkpoint's groups, the code of its layout, a plan, a flag, or nobody. */
export type ScheduleOrigin = 'checkpoint' | 'layout' | 'plan' | 'flag' | 'default';

export interface MomentumAudit {
  readonly schema: 'muonscope.audit/1';
  readonly checkpoint: string;
  readonly format: CheckpointFormat;
  readonly layout: string;
  readonly step: number | null;
  /** What was measured, and what NS receives in this run where that is known. */
  readonly stage: MomentumStage;
  readonly nsInput: MomentumStage | null;
  /** Worst first: by `kept`, ascending. */
  readonly matrices: readonly AuditedMatrix[];
  /** Gravest first. */
  readonly findings: readonly AuditFinding[];
  /** Smallest `kept`, 0 if an error was found; null if there was nothing to judge. */
  readonly worst: number | null;
  /** What `worst` had to reach; null if nothing was asked. */
  readonly failUnder: number | null;
  readonly passed: boolean;
  readonly notes: readonly string[];
}

/** One matrix under the NS in use. */
export interface AuditedMatrix extends Pick<MomentumIdentity, 'name' | 'role' | 'layer' | 'layers' | 'depth'> {
  readonly shape: readonly [number, number];
  /** ||X||_F */
  readonly frobenius: number;
  readonly schedule: PlannedSchedule;
  readonly remedy: PlanRemedy['name'] | null;
  readonly origin: ScheduleOrigin;
  /** Share of directions whose output stays below each level, in the schedule's precision. */
  readonly below: SharesBelow;
  /** The same in exact arithmetic. */
  readonly exactBelow: SharesBelow;
  /** Share of directions that come at least halfway: 1 - below["0.5"]. */
  readonly kept: number;
  /**
   * sum s min(1, output) / sum s: of the loss's first-order decrease under the exact polar factor, the share that is left.
   * An output above 1 makes up for nothing.
   */
  readonly descentKept: number;
  readonly floor: PrecisionFloor;
}

/** What rounding takes, whatever the number of steps. */
export interface PrecisionFloor {
  readonly precision: NsPrecision;
  /** Largest output that the direction at q = 0.5, and at q = 0.9, can have. */
  readonly median: number;
  readonly small: number;
  /** Share of directions that cannot come halfway. */
  readonly lost: number;
}

export type FindingKind = UnmeasuredCause | 'zero' | 'near epsilon' | 'not judged';

/** Something that Muon does not do as it should, or that could not be judged. */
export interface AuditFinding {
  readonly name: string;
  readonly shape: readonly number[] | null;
  readonly kind: FindingKind;
  /** error: Muon does not update the matrix as a whole; warning: it does, and perhaps should not. */
  readonly severity: 'error' | 'warning';
  readonly reason: string;
}
