/** What ingest, watch and export print with --json, and its zod schemas. */
import { z } from 'zod';
import { logFormatSchema } from './schemas.ts';
import type { LogFormat } from './study.ts';

export const INGEST_SCHEMA = 'muonscope.ingest/1';
export const WATCH_SCHEMA = 'muonscope.watch/1';
export const EXPORT_SCHEMA = 'muonscope.export/1';

/** `ingest --json` */
export interface IngestResult {
  readonly schema: typeof INGEST_SCHEMA;
  readonly out: string;
  readonly files: readonly IngestedFile[];
}

/** What came of one file. */
export interface IngestedFile {
  readonly file: string;
  readonly format: LogFormat;
  readonly runs: readonly string[];
  /** Spectra that the study did not have. */
  readonly added: number;
  /** Spectra that it had, or that the file repeats. */
  readonly duplicates: number;
  /** Lines that are no whole record, from 1. */
  readonly cut: readonly number[];
  /** Lines that hold NaN or an infinite number, from 1, with the first such field, e.g. "values[3] (q0.25) is NaN". */
  readonly notFinite: readonly { readonly line: number; readonly field: string }[];
  /** Lines of other records. */
  readonly foreign: number;
}

/** `watch --json` */
export interface WatchResult {
  readonly schema: typeof WATCH_SCHEMA;
  readonly folder: string;
  readonly out: string;
  /** Checkpoints that were opened and have momentum. */
  readonly checkpoints: readonly string[];
  /** Logs of spectra. */
  readonly logs: readonly string[];
  /** Spectra added to the study. */
  readonly added: number;
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  /** Logs of which lines were left out: how many, and why the first was. */
  readonly leftOut: readonly { readonly name: string; readonly lines: number; readonly reason: string }[];
}

export const EXPORT_TARGETS = ['parquet', 'csv', 'tensorboard', 'trackio'] as const;
export type ExportTarget = (typeof EXPORT_TARGETS)[number];

/** `export --json` */
export interface ExportResult {
  readonly schema: typeof EXPORT_SCHEMA;
  readonly study: string;
  readonly to: ExportTarget;
  /** Files written, in order. */
  readonly files: readonly string[];
  readonly runs: readonly string[];
  readonly spectra: number;
  readonly steps: number;
}

const count = z.int().nonnegative();
const names = z.array(z.string());

/** `ingest --json` */
export const ingestSchema: z.ZodType<IngestResult> = z.looseObject({
  schema: z.literal(INGEST_SCHEMA),
  out: z.string(),
  files: z.array(
    z.looseObject({
      file: z.string(),
      format: logFormatSchema,
      runs: names,
      added: count,
      duplicates: count,
      cut: z.array(z.int().positive()),
      notFinite: z.array(z.looseObject({ line: z.int().positive(), field: z.string() })),
      foreign: count,
    }),
  ),
});

/** `watch --json` */
export const watchSchema: z.ZodType<WatchResult> = z.looseObject({
  schema: z.literal(WATCH_SCHEMA),
  folder: z.string(),
  out: z.string(),
  checkpoints: names,
  logs: names,
  added: count,
  failed: z.array(z.looseObject({ name: z.string(), reason: z.string() })),
  leftOut: z.array(z.looseObject({ name: z.string(), lines: z.int().positive(), reason: z.string() })),
});

/** `export --json` */
export const exportSchema: z.ZodType<ExportResult> = z.looseObject({
  schema: z.literal(EXPORT_SCHEMA),
  study: z.string(),
  to: z.enum(EXPORT_TARGETS),
  files: names,
  runs: names,
  spectra: count,
  steps: count,
});
