/** JSON of a checkpoint's description as a tree. */
import { FormatError } from '../../base/errors.ts';
import { nestsDeeper } from '../../base/jsonNesting.ts';
import type { CheckpointValue } from './checkpoint.ts';

/** No description nests this far; a hostile one may nest without end. */
const DEEPEST = 64;

/**
 * @param where file, for messages
 * @throws FormatError if it is not JSON in UTF-8, or nests more than 64 deep
 */
export function parseJsonValue(bytes: Uint8Array, where: string): CheckpointValue {
  if (nestsDeeper(bytes, DEEPEST))
    throw new FormatError(`${where}: expected at most ${DEEPEST} levels of JSON, got more; the file is damaged`, where);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new FormatError(
      `${where}: expected JSON in UTF-8, got something else; the file is truncated or damaged`,
      where,
      {
        cause: error,
      },
    );
  }
  return toValue(value);
}

/** What JSON.parse gives: null, booleans, numbers, texts, lists and objects. */
function toValue(value: unknown): CheckpointValue {
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(toValue);
  if (typeof value !== 'object' || value === null) return null;
  return new Map(Object.entries(value).map(([key, item]): [string, CheckpointValue] => [key, toValue(item)]));
}
