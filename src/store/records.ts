/** From bytes to checked records and back: every record of a study is validated on reading and on writing. */
import type { z } from 'zod';
import { FormatError, StudyError } from '../base/errors.ts';

/** Where a record stands, for messages: the file, the line if it has several, and the study's folder. */
export interface RecordPlace {
  readonly file: string;
  readonly line?: number;
  readonly folder: string;
}

/**
 * Parses and validates one record. Unknown fields are kept.
 *
 * @param schemaName e.g. "muonscope.run/1"; null for records that carry no schema of their own
 * @throws StudyError naming file, line and field if it is no JSON, of a later version or not as the schema says
 */
export function parseRecord<T>(text: string, schema: z.ZodType<T>, schemaName: string | null, place: RecordPlace): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw damaged(place, `expected a JSON record, got something else (${reason})`, error);
  }
  if (schemaName !== null) requireVersion(value, schemaName, place);
  const result = schema.safeParse(value);
  if (!result.success) throw damaged(place, firstIssue(result.error), result.error);
  return result.data;
}

/**
 * Validates a record of a file that users made or brought.
 *
 * @throws FormatError naming file, line and field
 */
export function parseForeign<T>(value: unknown, schema: z.ZodType<T>, schemaName: string, place: RecordPlace): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const where = place.line === undefined ? place.file : `${place.file} line ${place.line}`;
  throw new FormatError(
    `${where}: expected a record of ${schemaName}, but ${firstIssue(result.error)}; correct the file`,
    place.file,
    {
      cause: result.error,
    },
  );
}

/**
 * Validates a record on its way into a file and writes it as JSON.
 *
 * @param indent spaces a level, 0 for one line
 * @throws StudyError naming the field if the record is not as the schema says, e.g. holds NaN, which JSON cannot
 */
export function formatRecord<T>(record: T, schema: z.ZodType<T>, place: RecordPlace, indent: number): string {
  const result = schema.safeParse(record);
  if (!result.success)
    throw new StudyError(
      `${place.file}: refused to write a record whose ${firstIssue(result.error)}; the files before it are whole`,
      place.folder,
      { cause: result.error },
    );
  return `${JSON.stringify(record, null, indent)}\n`;
}

/** A StudyError that says where a file is not what it was when written, and what to do. */
export function damaged(place: RecordPlace, problem: string, cause?: unknown): StudyError {
  const where = place.line === undefined ? place.file : `${place.file} line ${place.line}`;
  const message = `${where}: ${problem}; the file was edited or damaged: restore it, or start again in another --out`;
  return new StudyError(message, place.folder, cause === undefined ? undefined : { cause });
}

/**
 * Path of the first field of `wanted` that `actual` does not repeat, with both values; null if all agree.
 * Fields that only `actual` has are ignored: a later version may add some.
 */
export function firstDifference(wanted: unknown, actual: unknown, path = ''): string | null {
  if (!isContainer(wanted) || !isContainer(actual) || Array.isArray(wanted) !== Array.isArray(actual))
    return wanted === actual ? null : `${path} (${brief(wanted)} against ${brief(actual)})`;
  if (Array.isArray(wanted) && Array.isArray(actual) && wanted.length !== actual.length)
    return `${path} (${wanted.length} entries against ${actual.length})`;
  for (const [key, value] of Object.entries(wanted)) {
    const step = Array.isArray(wanted) ? `[${key}]` : path === '' ? key : `.${key}`;
    const difference = firstDifference(value, Reflect.get(actual, key), path + step);
    if (difference !== null) return difference;
  }
  return null;
}

function requireVersion(value: unknown, expected: string, place: RecordPlace): void {
  const [expectedName, expectedVersion] = splitVersion(expected);
  const actual = isContainer(value) ? Reflect.get(value, 'schema') : undefined;
  const [name, version] = splitVersion(typeof actual === 'string' ? actual : '');
  if (name !== expectedName) throw damaged(place, `expected schema ${expected}, got ${brief(actual)}`);
  if (version === expectedVersion) return;
  throw new StudyError(
    `${place.file}: written as ${brief(actual)}, this version of muonscope reads ${expected}; use a muonscope that matches the study`,
    place.folder,
  );
}

function splitVersion(schema: string): readonly [name: string, version: string | undefined] {
  const slash = schema.lastIndexOf('/');
  return slash < 0 ? [schema, undefined] : [schema.slice(0, slash), schema.slice(slash + 1)];
}

/** "values[2]: expected number, received string" */
function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue === undefined) return 'record is not as expected';
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const message = issue.message.replace(/^Invalid input: /, '');
  return path === '' ? message : `${path.replace(/^\./, '')}: ${message}`;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function brief(value: unknown): string {
  if (isContainer(value)) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
