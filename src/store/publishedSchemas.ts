/** Every record and document as JSON Schema, for readers in other languages; kept in schemas/ of the repository. */
import { z } from 'zod';
import { lawsSchema, nsSchema, planSchema, resultSchema } from './documentSchemas.ts';
import { dynamicsSchema, storedDynamicsSchema } from './dynamicsSchema.ts';
import { exportSchema, ingestSchema, watchSchema } from './observedSchemas.ts';
import { randomSchema } from './randomSchema.ts';
import { auditSchema, scanListSchema, scanSchema } from './scanSchemas.ts';
import { metricsSchema, runSchema, sourceSchema, spectrumSchema, studySchema } from './schemas.ts';
import { serveSchema } from './serveSchema.ts';

const PUBLISHED: Readonly<Record<string, readonly [schema: z.ZodType, description: string]>> = {
  'study-folder': [studySchema, 'STUDY/study.json: a ladder that is trained here, or runs that were observed'],
  run: [runSchema, 'STUDY/runs/<run>/run.json: model, sizes, optimizer, data; of an observed run its sizes'],
  metrics: [metricsSchema, 'One line of STUDY/runs/<run>/metrics.jsonl: one training step'],
  spectrum: [spectrumSchema, 'One line of STUDY/runs/<run>/spectra.jsonl: one matrix at one step'],
  source: [sourceSchema, 'One line of STUDY/runs/<run>/sources.jsonl: a checkpoint or log whose spectra are recorded'],
  laws: [lawsSchema, 'STUDY/laws.json and the output of laws --json'],
  plan: [planSchema, 'STUDY/plan.json and the output of plan --json'],
  study: [resultSchema, 'Output of study --json'],
  ns: [nsSchema, 'Output of ns --json'],
  dynamics: [dynamicsSchema, 'Output of dynamics <experiment> --json'],
  'dynamics-result': [storedDynamicsSchema, 'dynamics/<experiment>.json of the folder of dynamics --out'],
  scan: [scanSchema, 'Output of scan --json'],
  'scan-list': [scanListSchema, 'Output of scan --list --json'],
  audit: [auditSchema, 'Output of audit --json'],
  ingest: [ingestSchema, 'Output of ingest --json'],
  watch: [watchSchema, 'Output of watch --json'],
  export: [exportSchema, 'Output of export --json'],
  serve: [serveSchema, 'Output of serve --json, once it listens'],
  random: [randomSchema, 'random.json of the folder of random --out, and the output of random --json'],
};

/**
 * The JSON Schemas (draft 2020-12).
 *
 * @returns text of each file by its name, e.g. "spectrum.json"; ends with a newline
 */
export function publishedSchemas(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(PUBLISHED).map(([name, [schema, description]]) => {
      const { $schema, ...rest } = z.toJSONSchema(schema);
      return [
        `${name}.json`,
        `${JSON.stringify({ $schema, title: `muonscope ${name}`, description, ...rest }, null, 2)}\n`,
      ];
    }),
  );
}
