/** The documents a study ends with, which `--json` also prints, as zod schemas: laws, plan, result, schedules. */
import { z } from 'zod';
import type { NsCoefficients, NsPrecision } from '../newtonSchulz/schedule.ts';
import type { Extrapolation, Plan, PlanLayer, PlanRemedy, PlanRule, TrainingShare } from '../planner/plan.ts';
import type { Interval, Law, LawsDocument, PooledLaw } from '../scaling/law.ts';
import { coefficientsSchema, entrySchema, precisionSchema } from './schemas.ts';
import type { RunSummary, StudyResult } from './study.ts';

export const LAWS_SCHEMA = 'muonscope.laws/1';
export const PLAN_SCHEMA = 'muonscope.plan/1';
export const RESULT_SCHEMA = 'muonscope.study/1';
export const NS_SCHEMA = 'muonscope.ns/1';

/** `ns --json`: what each schedule does to a singular value. */
export interface NsDocument {
  readonly schema: typeof NS_SCHEMA;
  readonly schedules: readonly {
    readonly name: string;
    readonly source: string;
    readonly coefficients: readonly NsCoefficients[];
    /** Matrix products of one application. */
    readonly products: number;
    readonly slopeAtZero: number;
    /** Smallest input whose output reaches the key; null if none does. */
    readonly thresholds: Readonly<Record<string, number | null>>;
    /** [low, high] of the output from the 0.9 threshold up to 1; null if none reaches 0.9. */
    readonly range: readonly [number, number] | null;
    readonly rounded?: RoundedRecord;
    readonly design?: DesignRecord;
  }[];
}

/** Predicted outputs of a schedule on a spectrum in low precision. */
interface RoundedRecord {
  readonly precision: NsPrecision;
  readonly spectrum: string;
  readonly outputs: readonly {
    readonly quantile: number;
    readonly sigma: number;
    readonly output: number;
    readonly exact: number;
    readonly limit: number;
  }[];
}

/** What a schedule was designed for, and how far it got. */
interface DesignRecord {
  readonly objective: 'floor' | 'distance' | 'descent';
  readonly quantile: number;
  readonly precision: NsPrecision;
  readonly spectrum: string;
  readonly value: number;
  readonly above: readonly [number, number];
  readonly highest: number;
  readonly bound: number;
  readonly rival: { readonly name: string; readonly value: number } | null;
}

const size = z.int().positive();
const count = z.int().nonnegative();
const nonnegative = z.number().nonnegative();
const depth = z.number().positive().max(1);
const quantile = z.number().positive().max(1);
const warnings = z.array(z.string());

const intervalSchema: z.ZodType<Interval> = z.looseObject({ value: z.number(), low: z.number(), high: z.number() });

const lawSchema: z.ZodType<Law> = z.looseObject({
  role: z.string(),
  depth,
  quantile,
  exponent: z.number(),
  low: z.number(),
  high: z.number(),
  amplitude: z.number(),
  r2: z.number(),
  points: z.array(z.looseObject({ params: z.number().positive(), value: z.number().positive() })),
  heldOut: z.looseObject({ params: z.number().positive(), predicted: z.number(), actual: z.number() }).nullable(),
  warnings,
  fit: z.looseObject({
    centre: z.number(),
    logValue: z.number(),
    variance: z.looseObject({ logValue: z.number(), exponent: z.number(), covariance: z.number() }),
    factor: z.number(),
  }),
  comparison: z.looseObject({
    aicc: z.looseObject({ constant: z.number(), power: z.number(), curved: z.number() }),
    curvature: z.number(),
    preferred: z.enum(['constant', 'power', 'curved']),
  }),
  baselineExponent: z.number().nullable(),
  forecast: z
    .looseObject({ params: z.number().positive(), value: z.number(), low: z.number(), high: z.number() })
    .exactOptional(),
});

const pooledSchema: z.ZodType<PooledLaw> = z.looseObject({
  role: z.string(),
  depth,
  exponent: z.number(),
  low: z.number(),
  high: z.number(),
  quantiles: z.array(quantile),
});

/** STUDY/laws.json */
export const lawsSchema: z.ZodType<LawsDocument> = z.looseObject({
  schema: z.literal(LAWS_SCHEMA),
  source: z.string(),
  sizeConvention: z.enum(['total', 'nonEmbedding']),
  laws: z.array(lawSchema),
  pooled: z.array(pooledSchema),
  ladder: z.array(z.looseObject({ params: z.number().positive(), width: size, layers: size })),
  warnings,
});

const plannedScheduleSchema = z.looseObject({
  name: z.string(),
  coefficients: z.array(coefficientsSchema),
  entry: entrySchema,
  precision: precisionSchema,
});

const alternativeSchema = z
  .looseObject({ name: z.string(), products: count, flops: nonnegative, output: z.number(), reach: nonnegative })
  .nullable();
const alternativesSchema = z.looseObject({ fewer: alternativeSchema, more: alternativeSchema });
const shape = z.tuple([size, size]);

const remedySchema: z.ZodType<PlanRemedy> = z.looseObject({
  name: z.enum(['float32 first step', 'float32 iterate', 'deflation', 'tight entry']),
  products: count,
  flops: nonnegative,
  float32Flops: nonnegative,
});

const planLayerSchema: z.ZodType<PlanLayer> = z.looseObject({
  role: z.string(),
  depth,
  sigma: intervalSchema,
  schedule: plannedScheduleSchema,
  output: intervalSchema,
  products: count,
  flops: nonnegative,
  reasons: z.array(z.string()),
  shape: shape.exactOptional(),
  matrices: count.exactOptional(),
  met: z.boolean().exactOptional(),
  layer: count.exactOptional(),
  part: z.string().exactOptional(),
  parameter: z.string().exactOptional(),
  plannedFor: nonnegative.exactOptional(),
  reach: nonnegative.exactOptional(),
  weak: z.boolean().exactOptional(),
  remedy: remedySchema.exactOptional(),
});

const planRuleSchema: z.ZodType<PlanRule> = z.looseObject({
  role: z.string(),
  part: z.string().exactOptional(),
  parameter: z.string(),
  layers: z.tuple([count, count]),
  depths: z.tuple([depth, depth]),
  shape,
  schedule: plannedScheduleSchema,
  products: count,
  matrices: count,
  flops: nonnegative,
  sigma: z.tuple([nonnegative, nonnegative]),
  hardest: z.looseObject({
    layer: count,
    sigma: nonnegative,
    output: z.number(),
    alternatives: alternativesSchema,
  }),
  met: z.boolean(),
  weak: z.boolean(),
  remedy: remedySchema.exactOptional(),
});

const extrapolationSchema: z.ZodType<Extrapolation> = z.looseObject({
  decades: z.number(),
  measured: z.tuple([z.number().positive(), z.number().positive()]),
  weakLaws: z.array(z.looseObject({ role: z.string(), depth, reasons: z.array(z.string()) })),
});

const trainingShareSchema: z.ZodType<TrainingShare> = z.looseObject({
  tokensPerStep: z.number().positive(),
  weightsPerToken: z.number().positive(),
  trainingFlops: z.number().positive(),
  plan: nonnegative,
  baseline: nonnegative,
});

/** STUDY/plan.json */
export const planSchema: z.ZodType<Plan> = z.looseObject({
  schema: z.literal(PLAN_SCHEMA),
  target: z.looseObject({
    params: z.number().positive(),
    width: size,
    layers: size,
    family: z.string().exactOptional(),
    nonEmbeddingParams: nonnegative.exactOptional(),
    activeParams: nonnegative.exactOptional(),
  }),
  criterion: z.looseObject({
    quantile,
    floor: nonnegative,
    precision: precisionSchema,
    confidence: z.number().positive().lt(1).exactOptional(),
  }),
  source: z.string(),
  layers: z.array(planLayerSchema),
  baseline: z.looseObject({ name: z.string(), flops: nonnegative }),
  flops: nonnegative,
  saved: z.number(),
  met: z.boolean(),
  warnings,
  rules: z.array(planRuleSchema).exactOptional(),
  extrapolation: extrapolationSchema.exactOptional(),
  trainingShare: trainingShareSchema.exactOptional(),
});

const summarySchema: z.ZodType<RunSummary> = z.looseObject({
  run: z.string(),
  params: size,
  nonEmbeddingParams: size,
  steps: count,
  tokens: count,
  finalLoss: z.number(),
  validationLoss: z.number().nullable(),
  tokensPerSecond: nonnegative,
  gflops: nonnegative,
  trackingShare: nonnegative,
});

/** `study --json` */
export const resultSchema: z.ZodType<StudyResult> = z.looseObject({
  schema: z.literal(RESULT_SCHEMA),
  out: z.string(),
  runs: z.array(summarySchema),
  laws: z.array(lawSchema),
  plan: planSchema,
});

const rangeSchema: z.ZodType<readonly [number, number]> = z.tuple([z.number(), z.number()]);

const roundedSchema: z.ZodType<RoundedRecord> = z.looseObject({
  precision: precisionSchema,
  spectrum: z.string(),
  outputs: z.array(
    z.looseObject({ quantile, sigma: nonnegative, output: z.number(), exact: z.number(), limit: nonnegative }),
  ),
});

const designSchema: z.ZodType<DesignRecord> = z.looseObject({
  objective: z.enum(['floor', 'distance', 'descent']),
  quantile,
  precision: precisionSchema,
  spectrum: z.string(),
  value: z.number(),
  above: rangeSchema,
  highest: z.number(),
  bound: z.number(),
  rival: z.looseObject({ name: z.string(), value: z.number() }).nullable(),
});

/** `ns --json` */
export const nsSchema: z.ZodType<NsDocument> = z.looseObject({
  schema: z.literal(NS_SCHEMA),
  schedules: z.array(
    z.looseObject({
      name: z.string(),
      source: z.string(),
      coefficients: z.array(coefficientsSchema),
      products: count,
      slopeAtZero: z.number(),
      thresholds: z.record(z.string(), z.number().nullable()),
      range: rangeSchema.nullable(),
      rounded: roundedSchema.exactOptional(),
      design: designSchema.exactOptional(),
    }),
  ),
});
