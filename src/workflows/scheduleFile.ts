/** Schedules from a file: the document that `muonscope ns show --json` and `ns design --json` print. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { FormatError } from '../base/errors.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import { NS_SCHEMA } from '../store/documentSchemas.ts';
import { coefficientsSchema, entrySchema } from '../store/schemas.ts';

const documentSchema = z.looseObject({
  schema: z.literal(NS_SCHEMA),
  schedules: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        source: z.string(),
        coefficients: z.array(coefficientsSchema).min(1),
        entry: entrySchema,
      }),
    )
    .min(1),
});

/**
 * The schedules of a document, in its order and in exact arithmetic.
 *
 * @throws FormatError if the file cannot be read or is no such document
 */
export function readScheduleFile(file: string): readonly NsSchedule[] {
  const document = documentSchema.safeParse(jsonOf(file));
  if (!document.success) {
    const { path, message } = document.error.issues[0]!; // a failure has at least one
    throw new FormatError(
      `schedules: ${file} is no output of muonscope ns design --json (${path.join('.') || 'document'}: ${message})`,
      file,
    );
  }
  return document.data.schedules.map(({ name, source, coefficients, entry }) => ({
    name,
    source,
    coefficients,
    entry,
    precision: 'float32',
  }));
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it is no JSON';
    throw new FormatError(
      `schedules: ${file} cannot be read (${reason}); make it with muonscope ns design --json > ${file}`,
      file,
      { cause: error },
    );
  }
}
