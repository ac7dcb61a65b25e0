/** A plan that was saved on its own: the JSON of `plan --json`, or the plan of a study. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FormatError } from '../base/errors.ts';
import type { Plan } from '../planner/plan.ts';
import { PLAN_SCHEMA, planSchema } from './documentSchemas.ts';
import { readBytes } from './files.ts';
import { parseRecord } from './records.ts';

/**
 * @param path a plan's JSON file, or a study folder that has one
 * @throws FormatError if there is no such file; StudyError if it holds no plan, or one of a later version
 */
export function readPlanFile(path: string): Plan {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'plan.json') : path;
  const bytes = readBytes(file, dirname(file));
  if (bytes === null)
    throw new FormatError(`plan: expected a plan in ${file}, found no such file; write one with plan --json`, file);
  return parseRecord(bytes.toString('utf8'), planSchema, PLAN_SCHEMA, { file, folder: dirname(file) });
}
