/** What an exported file is written from, as plain data: the workflow folds, compares and words; the writers only write. */
import type { NsCoefficients, NsPrecision } from '../../newtonSchulz/schedule.ts';
import type { Plan } from '../../planner/plan.ts';

/** One rule of a plan in a framework's terms. */
export interface ExportRule {
  /** What it is, for people: "attn.q", "mlp.up of experts". */
  readonly matrix: string;
  /** Regular expression of the parameter's name; `{layer}` stands for the number of the layer. */
  readonly parameter: string;
  /** First and last layer, 0-based, both included. */
  readonly layers: readonly [number, number];
  readonly schedule: string;
  /** Behind X / ||X||_F: the entry's scale is folded into the first step. */
  readonly coefficients: readonly NsCoefficients[];
}

/** A plan on its way into a file. */
export interface PlanExport {
  readonly plan: Plan;
  readonly rules: readonly ExportRule[];
  readonly precision: NsPrecision;
  /** What the framework cannot express, a sentence each; empty if nothing is lost. */
  readonly losses: readonly string[];
  /** The program and its version. */
  readonly writer: string;
}
