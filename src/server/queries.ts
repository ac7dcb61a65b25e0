/** Parameters of requests, checked: a number in a range, or a list of at most so many. */
import { UsageError } from '../base/errors.ts';

/** @throws UsageError unless it is a whole number in [low, high]; absent means `missing` */
export function wholeNumber(
  name: string,
  text: string | undefined,
  [low, high]: readonly [number, number],
  missing: number,
): number {
  if (text === undefined) return missing;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= low && value <= high) return value;
  throw new UsageError(
    `${name}: expected a whole number from ${low} to ${high}, got something else; correct the request`,
  );
}

/** @throws UsageError unless it lists at most `most` numbers, separated by commas */
export function numberList(name: string, text: string | undefined, most: number): readonly number[] {
  const parts = text === undefined || text === '' ? [] : text.split(',', most + 1);
  const values = parts.map((part) => (/^[\d.e-]{1,20}$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length <= most && values.every(Number.isFinite)) return values;
  throw new UsageError(
    `${name}: expected ${most === 1 ? 'a number' : `at most ${most} numbers separated by commas`}, got something else; correct the request`,
  );
}
