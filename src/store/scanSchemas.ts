/** What scan and audit print with --json, as zod schemas. */
import { z } from 'zod';
import type { AuditedMatrix, MomentumAudit } from '../planner/audit.ts';
import type {
  ListedMomentum,
  ScannedCheckpoint,
  ScannedMomentum,
  SkippedMatrix,
  UnmeasuredCause,
} from '../spectra/scannedMomentum.ts';
import {
  checkpointFormatSchema,
  coefficientsSchema,
  entrySchema,
  precisionSchema,
  scannedSpectrumSchema,
} from './schemas.ts';

export const SCAN_SCHEMA = 'muonscope.scan/1';
export const AUDIT_SCHEMA = 'muonscope.audit/1';
export const SCAN_LIST_SCHEMA = 'muonscope.scan-list/1';

const count = z.int().nonnegative();
const size = z.int().positive();
const share = z.number().min(0).max(1);
const stage = z.enum(['buffer', 'nesterov']);

const CAUSES = [
  'embedding',
  'head',
  'norm',
  'convolution',
  'vector',
  'moments',
  'other optimizer',
  'shard',
  'missing',
  'duplicate',
  'conflict',
  'padding',
  'empty',
  'dtype',
  'shape',
  'unreadable',
  'not finite',
  'too large',
] as const satisfies readonly UnmeasuredCause[];

export const causeSchema: z.ZodType<UnmeasuredCause> = z.enum(CAUSES);

const skippedMatrixSchema: z.ZodType<SkippedMatrix> = z.looseObject({
  name: z.string(),
  shape: z.array(count).nullable(),
  reason: z.string(),
  cause: causeSchema,
  checkpoint: z.string(),
});

const checkpointFields = {
  checkpoint: z.string(),
  format: checkpointFormatSchema,
  layout: z.string(),
  run: z.string(),
  step: count.nullable(),
  stage,
  nsInput: stage.nullable(),
  notes: z.array(z.string()),
};
const scannedCheckpointSchema: z.ZodType<ScannedCheckpoint> = z.looseObject(checkpointFields);

/** `scan --json` */
export const scanSchema: z.ZodType<ScannedMomentum> = z.looseObject({
  schema: z.literal(SCAN_SCHEMA),
  checkpoint: z.string(),
  format: checkpointFormatSchema,
  checkpoints: z.array(scannedCheckpointSchema),
  matrices: z.array(scannedSpectrumSchema),
  skipped: z.array(skippedMatrixSchema),
});

/** `scan --list --json` */
export const scanListSchema: z.ZodType<ListedMomentum> = z.looseObject({
  schema: z.literal(SCAN_LIST_SCHEMA),
  checkpoints: z.array(
    z.looseObject({
      ...checkpointFields,
      params: size.nullable(),
      nonEmbeddingParams: count.nullable(),
      matrices: z.array(
        z.looseObject({
          name: z.string(),
          role: z.string(),
          layer: count,
          layers: size,
          depth: z.number().positive().max(1),
          dtype: z.enum(['float32', 'float64', 'bfloat16', 'float16', 'float8_e4m3fn', 'float8_e5m2']),
          shape: z.tuple([size, size]),
        }),
      ),
    }),
  ),
  skipped: z.array(skippedMatrixSchema),
});

const shares = z.looseObject({ '0.1': share, '0.5': share, '0.7': share });

const auditedSchema: z.ZodType<AuditedMatrix> = z.looseObject({
  name: z.string(),
  role: z.string(),
  layer: count,
  layers: size,
  depth: z.number().positive().max(1),
  shape: z.tuple([size, size]),
  frobenius: z.number().positive(),
  schedule: z.looseObject({
    name: z.string(),
    coefficients: z.array(coefficientsSchema),
    entry: entrySchema,
    precision: precisionSchema,
  }),
  remedy: z.enum(['float32 first step', 'float32 iterate', 'deflation', 'tight entry']).nullable(),
  origin: z.enum(['checkpoint', 'layout', 'plan', 'flag', 'default']),
  below: shares,
  exactBelow: shares,
  kept: share,
  descentKept: z.number(),
  floor: z.looseObject({ precision: precisionSchema, median: share, small: share, lost: share }),
});

/** `audit --json` */
export const auditSchema: z.ZodType<MomentumAudit> = z.looseObject({
  schema: z.literal(AUDIT_SCHEMA),
  checkpoint: z.string(),
  format: checkpointFormatSchema,
  layout: z.string(),
  step: count.nullable(),
  stage,
  nsInput: stage.nullable(),
  matrices: z.array(auditedSchema),
  findings: z.array(
    z.looseObject({
      name: z.string(),
      shape: z.array(count).nullable(),
      kind: z.enum([...CAUSES, 'zero', 'near epsilon', 'not judged']),
      severity: z.enum(['error', 'warning']),
      reason: z.string(),
    }),
  ),
  worst: share.nullable(),
  failUnder: share.nullable(),
  passed: z.boolean(),
  notes: z.array(z.string()),
});
