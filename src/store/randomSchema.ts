/** `random.json`, which `random --json` also prints, as a zod schema. */
import { z } from 'zod';
import type { EntryDistribution } from '../linalg/matrix.ts';
import type {
  QuantileExponent,
  RandomHistogram,
  RandomOrigin,
  RandomOutput,
  RandomSize,
  RandomSpectra,
  ScheduleWidth,
  SizeExponent,
} from '../spectra/randomSpectra.ts';
import { coefficientsSchema, entrySchema } from './schemas.ts';

export const RANDOM_SCHEMA = 'muonscope.random/1';

const size = z.int().positive();
const side = z.int().min(2);
const share = z.number().min(0).max(1);
const quantile = z.number().positive().max(1);
/** A singular value of X / ||X||_F. */
const sigma = z.number().min(0).max(1);

const entriesSchema: z.ZodType<EntryDistribution> = z.union([
  z.looseObject({ name: z.enum(['gaussian', 'uniform']) }),
  z.looseObject({ name: z.literal('student'), dof: z.number().gt(2) }),
  z.looseObject({ name: z.literal('sparse'), density: z.number().positive().max(1) }),
]);

const outputSchema: z.ZodType<RandomOutput> = z.looseObject({
  schedule: z.string(),
  values: z.array(z.number()),
  below: share,
  expectedBelow: share,
});

const sizeSchema: z.ZodType<RandomSize> = z.looseObject({
  rows: side,
  columns: side,
  matrices: size,
  quantiles: z.array(quantile),
  values: z.array(sigma),
  standardErrors: z.array(z.number().nonnegative()).nullable(),
  marchenkoPastur: z.array(z.number().nonnegative()),
  expected: z.array(z.number().nonnegative()),
  exactValues: z.array(sigma.nullable()),
  exactStandardErrors: z.array(z.number().nonnegative().nullable()).nullable(),
  smallest: sigma,
  smallestStandardError: z.number().nonnegative().nullable(),
  afterNs: z.array(outputSchema),
});

const exponentFields = {
  exponent: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  r2: z.number(),
};
const sizeExponentSchema: z.ZodType<SizeExponent> = z.looseObject(exponentFields);
const quantileExponentSchema: z.ZodType<QuantileExponent> = z.looseObject({
  ...exponentFields,
  quantile,
  expected: z.number(),
  exact: sizeExponentSchema.nullable(),
});

const widthSchema: z.ZodType<ScheduleWidth> = z.looseObject({
  schedule: z.string(),
  coefficients: z.array(coefficientsSchema),
  entry: entrySchema,
  threshold: z.number().positive().max(1).nullable(),
  width: side.nullable(),
  verified: z
    .looseObject({ rows: side, columns: side, matrices: size, below: share, low: z.number(), high: z.number() })
    .nullable(),
});

const histogramSchema: z.ZodType<RandomHistogram> = z.looseObject({
  rows: side,
  columns: side,
  schedule: z.string().nullable(),
  edges: z.array(z.number()),
  shares: z.array(share),
  expected: z.array(share),
});

const originSchema: z.ZodType<RandomOrigin> = z.looseObject({
  command: z.string(),
  seconds: z.number().nonnegative(),
  machine: z.string(),
  versions: z.record(z.string(), z.string()),
});

/** `random --json` */
export const randomSchema: z.ZodType<RandomSpectra> = z.looseObject({
  schema: z.literal(RANDOM_SCHEMA),
  entries: entriesSchema,
  seed: z.int(),
  aspect: z.number().min(1),
  level: z.number().positive(),
  share,
  sizes: z.array(sizeSchema),
  exponent: z.number().nullable(),
  r2: z.number().nullable(),
  exponents: z.array(quantileExponentSchema),
  smallestExponent: sizeExponentSchema.nullable(),
  widths: z.array(widthSchema),
  histograms: z.array(histogramSchema),
  complete: z.boolean(),
  warnings: z.array(z.string()),
  made: originSchema.exactOptional(),
});
