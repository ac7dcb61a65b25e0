/** Typed access to the keys of a parsed config.json; what is missing or malformed is named. */
import { FormatError } from '../../base/errors.ts';

/** A plan has a row a layer and matrix; no model comes near this. */
export const MOST_LAYERS = 10_000;

/** The keys of a config, read one by one. */
export interface ConfigFields {
  /** A positive integer. */
  size(key: string): number;
  /** A positive integer of at most {@link MOST_LAYERS}. */
  layers(key: string): number;
  /** A positive integer; `otherwise` where the key is absent or null. */
  sizeOr(key: string, otherwise: number): number;
  /** An integer of at least 0; `otherwise` where the key is absent or null. */
  countOr(key: string, otherwise: number): number;
  flagOr(key: string, otherwise: boolean): boolean;
  /** Integers of at least 0; empty where the key is absent or null. */
  counts(key: string): readonly number[];
  /** Text; null where the key is absent. */
  text(key: string): string | null;
  /** Whether the key is there and not null. */
  has(key: string): boolean;
}

/**
 * @param config what JSON.parse gave
 * @param file named in errors
 * @throws FormatError if `config` is no object; the readers throw one that names the key
 */
export function configFields(config: unknown, file: string): ConfigFields {
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new FormatError(`model config: expected an object such as {"model_type": "llama", ...} (${file})`, file);
  const entries = new Map(Object.entries(config));
  const value = (key: string): unknown => entries.get(key) ?? null;
  const integer = (key: string, minimum: number): number => {
    const found = value(key);
    if (found === null) throw missing(key, entries, file);
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= minimum) return found;
    throw malformed(key, `an integer of at least ${minimum}`, found, file);
  };
  return {
    size: (key) => integer(key, 1),
    layers: (key) => {
      const found = integer(key, 1);
      if (found > MOST_LAYERS) throw malformed(key, `at most ${MOST_LAYERS}`, found, file);
      return found;
    },
    sizeOr: (key, otherwise) => (value(key) === null ? otherwise : integer(key, 1)),
    countOr: (key, otherwise) => (value(key) === null ? otherwise : integer(key, 0)),
    flagOr: (key, otherwise) => {
      const found = value(key) ?? otherwise;
      if (typeof found !== 'boolean') throw malformed(key, 'true or false', found, file);
      return found;
    },
    counts: (key) => {
      const found = value(key) ?? [];
      const isList = Array.isArray(found) && found.every((n) => Number.isSafeInteger(n) && n >= 0);
      if (!isList) throw malformed(key, 'a list of layer numbers', found, file);
      return found;
    },
    text: (key) => {
      const found = value(key);
      if (found !== null && typeof found !== 'string') throw malformed(key, 'a string', found, file);
      return found;
    },
    has: (key) => value(key) !== null,
  };
}

function missing(key: string, entries: ReadonlyMap<string, unknown>, file: string): FormatError {
  const type = entries.get('model_type');
  const kind = typeof type === 'string' ? `a model of type ${type}` : 'a model description without model_type';
  return new FormatError(`model config: the key "${key}" is missing (${file}); ${kind} needs it`, file);
}

function malformed(key: string, expected: string, found: unknown, file: string): FormatError {
  return new FormatError(
    `model config: the key "${key}" must be ${expected}, got ${JSON.stringify(found)} (${file})`,
    file,
  );
}
