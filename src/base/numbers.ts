/** How numbers read: on the terminal, in the report, on the command line. */
import { UsageError } from './errors.ts';

const SUFFIXES: readonly (readonly [string, number])[] = [
  ['T', 1e12],
  ['B', 1e9],
  ['M', 1e6],
  ['k', 1e3],
];

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** 1_600_000_000 -> "1.6B"; below 1000 the integer itself. */
export function formatCount(value: number): string {
  for (const [suffix, scale] of SUFFIXES) if (value >= scale) return `${significant(value / scale, 3)}${suffix}`;
  return String(Math.round(value));
}

/**
 * "1.5e9", "300B", "1T", "77m" -> number of parameters or tokens.
 *
 * @throws UsageError if it is not a positive number with an optional suffix k, M, B (or G), T
 */
export function parseCount(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?(?:e[+-]?\d+)?)([kmbgt])?$/i.exec(text.trim().replaceAll('_', ''));
  const suffix = match?.[2]?.toUpperCase().replace('G', 'B').replace('K', 'k');
  const scale = SUFFIXES.find(([name]) => name === suffix)?.[1] ?? 1;
  const value = match ? Number(match[1]) * scale : Number.NaN;
  if (!(value > 0) || !Number.isFinite(value))
    throw new UsageError(`${flag}: expected a positive number such as 1.5e9, 300B or 1T, got "${text}"`);
  return value;
}

/** `digits` significant digits without trailing zeros: 1.600 -> "1.6"; tiny and huge values in exponent form. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-3 || magnitude >= 1e6)
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(digits)));
}

/** 75 -> "1m 15s"; 7260 -> "2h 1m"; 4.2 -> "4s". */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}

/** Binary units: 1_610_612_736 -> "1.5 GiB"; beyond the last unit in exponent form. */
export function formatBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${significant(bytes / 2 ** (10 * power))} ${BYTE_UNITS[power]}`;
}

/** 0.1234 -> "12.3 %". */
export function formatShare(share: number, digits = 3): string {
  return `${significant(share * 100, digits)} %`;
}
