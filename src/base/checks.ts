/** Argument checks used at the edge of the library; inside, types are trusted. */
import { DomainError } from './errors.ts';

/** @throws DomainError unless `value` is an integer >= `minimum`. */
export function requireInteger(where: string, name: string, value: number, minimum = 1): void {
  if (!Number.isInteger(value) || value < minimum)
    throw new DomainError(`${where}: ${name} must be an integer of at least ${minimum}, got ${value}`);
}

/** @throws DomainError unless `value` is finite and > 0. */
export function requirePositive(where: string, name: string, value: number): void {
  if (!(value > 0) || !Number.isFinite(value))
    throw new DomainError(`${where}: ${name} must be a positive finite number, got ${value}`);
}

/** @throws DomainError unless 0 < q <= 1 for every quantile. */
export function requireQuantiles(where: string, quantiles: readonly number[]): void {
  for (const q of quantiles)
    if (!(q > 0 && q <= 1)) throw new DomainError(`${where}: a quantile must lie in (0, 1], got ${q}`);
}

/** @throws DomainError naming the first index at which `values` is NaN or infinite. */
export function requireFinite(where: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]))
      throw new DomainError(`${where}: entry ${i} is ${values[i]}; every entry must be finite`);
}
