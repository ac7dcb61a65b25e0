import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import type { z } from 'zod';
import { lawsSchema, nsSchema, planSchema, resultSchema } from '../../src/store/documentSchemas.ts';
import { publishedSchemas } from '../../src/store/publishedSchemas.ts';
import { metricsSchema, runSchema, sourceSchema, spectrumSchema, studySchema } from '../../src/store/schemas.ts';
import {
  laws,
  metricsAt,
  observedRun,
  observedStudy,
  plan,
  run,
  schedule,
  sourceAt,
  spectrumAt,
  study,
} from './exampleRecords.ts';

const folder = fileURLToPath(new URL('../../schemas/', import.meta.url));

describe('schemas/', () => {
  it('holds the published schemas as they are now (scripts/writeSchemas.mjs writes them)', () => {
    const published = publishedSchemas();
    expect(readdirSync(folder).sort()).toEqual(Object.keys(published).sort());
    for (const [name, text] of Object.entries(published)) expect(readFileSync(join(folder, name), 'utf8')).toBe(text);
  });

  it('allows the unknown fields of later versions', () => {
    for (const text of Object.values(publishedSchemas())) expect(JSON.parse(text).additionalProperties).not.toBe(false);
  });
});

const result = {
  schema: 'muonscope.study/1',
  out: 'study',
  runs: [
    {
      run: run.run,
      params: 40_960,
      nonEmbeddingParams: 24_576,
      steps: 12,
      tokens: 768,
      finalLoss: 2,
      validationLoss: null,
      tokensPerSecond: 1e4,
      gflops: 12.5,
      trackingShare: 0.02,
    },
  ],
  laws: laws.laws,
  plan,
};
const ns = {
  schema: 'muonscope.ns/1',
  schedules: [
    {
      name: schedule.name,
      source: schedule.source,
      coefficients: schedule.coefficients,
      products: 3,
      slopeAtZero: 3.4445,
      thresholds: { '0.1': 0.03, '0.9': null },
      range: [0.68, 1.13],
    },
  ],
};

const EXAMPLES: readonly [name: string, schema: z.ZodType, example: object][] = [
  ['study-folder', studySchema, study],
  ['study-folder', studySchema, observedStudy],
  ['run', runSchema, run],
  ['run', runSchema, observedRun],
  ['source', sourceSchema, sourceAt(100)],
  ['metrics', metricsSchema, metricsAt(1)],
  ['spectrum', spectrumSchema, spectrumAt(1)],
  ['laws', lawsSchema, laws],
  ['plan', planSchema, plan],
  ['study', resultSchema, result],
  ['ns', nsSchema, ns],
];

describe('the schema of', () => {
  test.each(EXAMPLES)(
    '%s takes the example as it is and misses every field that is left out',
    (name, schema, example) => {
      expect(schema.parse(example)).toEqual(example);
      const required = requiredFields(JSON.parse(publishedSchemas()[`${name}.json`]!), example);
      expect([...required].sort()).toEqual(Object.keys(example).sort());
      for (const field of Object.keys(example))
        expect(schema.safeParse({ ...example, [field]: undefined }).success, field).toBe(false);
    },
  );
});

/** Of a schema, or of the alternative of its origin. */
function requiredFields(
  { required, oneOf = [] }: { required?: string[]; oneOf?: { required: string[]; properties: Properties }[] },
  example: object,
): readonly string[] {
  const origin = 'origin' in example ? example.origin : undefined;
  return required ?? oneOf.find(({ properties }) => properties.origin.const === origin)?.required ?? [];
}

interface Properties {
  readonly origin: { readonly const: string };
}
