/** Results of experiments on spectral dynamics as zod schemas: the file, and what `dynamics --json` prints. */
import { z } from 'zod';
import type {
  DynamicsClaim,
  DynamicsFigure,
  DynamicsResult,
  DynamicsTable,
  FigureAxis,
  FigureSeries,
} from '../dynamics/experiment.ts';

export const DYNAMICS_SCHEMA = 'muonscope.dynamics/1';
export const DYNAMICS_RESULT_SCHEMA = 'muonscope.dynamics-result/1';

/** `dynamics <experiment> --json` */
export interface DynamicsDocument {
  readonly schema: typeof DYNAMICS_SCHEMA;
  readonly experiment: DynamicsResult['experiment'];
  readonly assumptions: readonly string[];
  readonly claims: readonly DynamicsClaim[];
  readonly tables: readonly DynamicsTable[];
  /** Paths of the SVG files. */
  readonly figures: readonly string[];
}

/** DIR/dynamics/<experiment>.json */
export type StoredDynamics = DynamicsResult & { readonly schema: typeof DYNAMICS_RESULT_SCHEMA };

const experiment = z.enum(['entropy', 'regression', 'sensing', 'gpt', 'vit']);
const claimSchema: z.ZodType<DynamicsClaim> = z.looseObject({
  statement: z.string(),
  holds: z.boolean(),
  evidence: z.string(),
});
/** A name becomes a file name. */
const fileName = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens');
const tableSchema: z.ZodType<DynamicsTable> = z
  .looseObject({
    name: fileName,
    caption: z.string(),
    columns: z.array(z.string()).min(1),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
  })
  .refine(({ columns, rows }) => rows.every((row) => row.length === columns.length), {
    message: 'expected as many cells in a row as there are columns',
    path: ['rows'],
  });
const axisSchema: z.ZodType<FigureAxis> = z.looseObject({ label: z.string(), scale: z.enum(['linear', 'log']) });
const seriesSchema: z.ZodType<FigureSeries> = z.looseObject({
  label: z.string(),
  mark: z.enum(['line', 'dot', 'dash']),
  points: z.array(
    z.looseObject({
      x: z.number(),
      y: z.number(),
      low: z.number().exactOptional(),
      high: z.number().exactOptional(),
    }),
  ),
  colour: z.int().nonnegative().exactOptional(),
});
const figureSchema: z.ZodType<DynamicsFigure> = z.looseObject({
  name: fileName,
  title: z.string(),
  description: z.string(),
  x: axisSchema,
  y: axisSchema,
  series: z.array(seriesSchema),
});

const findings = {
  experiment,
  assumptions: z.array(z.string()),
  claims: z.array(claimSchema),
  tables: z.array(tableSchema),
};

export const dynamicsSchema: z.ZodType<DynamicsDocument> = z.looseObject({
  ...findings,
  schema: z.literal(DYNAMICS_SCHEMA),
  figures: z.array(z.string()),
});

export const storedDynamicsSchema: z.ZodType<StoredDynamics> = z.looseObject({
  ...findings,
  schema: z.literal(DYNAMICS_RESULT_SCHEMA),
  size: z.enum(['smoke', 'quick', 'full']),
  seed: z.int(),
  figures: z.array(figureSchema),
});
