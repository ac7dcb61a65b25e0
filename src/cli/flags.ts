/** Flags that mean the same in every command, and how their text becomes values. */
import { Option } from 'commander';
import { UsageError } from '../base/errors.ts';
import { parseCount } from '../base/numbers.ts';
import type { NsPrecision } from '../newtonSchulz/schedule.ts';
import type { Rung } from '../workflows/presets.ts';

const PRECISIONS: readonly NsPrecision[] = ['float32', 'bf16', 'fp16', 'tf32'];

/** "300", "1e3". @throws UsageError unless `text` is an integer of at least `minimum` */
export function integerFlag(flag: string, minimum = 1): (text: string) => number {
  return (text) => {
    const value = /^-?\d+(\.\d+)?(e\+?\d+)?$/i.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < minimum)
      throw new UsageError(`${flag}: expected an integer of at least ${minimum}, got "${text}"`);
    return value;
  };
}

/** @throws UsageError unless `text` is a number in (low, high] */
export function numberFlag(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value > low && value <= high))
      throw new UsageError(`${flag}: expected a number above ${low} and at most ${high}, got "${text}"`);
    return value;
  };
}

/** @throws UsageError unless `text` is a number in (low, high) */
export function openNumberFlag(flag: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!(value > low && value < high))
      throw new UsageError(`${flag}: expected a number above ${low} and below ${high}, got "${text}"`);
    return value;
  };
}

/** "1.5e9", "300B", "1T". */
export function countFlag(flag: string): (text: string) => number {
  return (text) => parseCount(flag, text);
}

/** @throws UsageError listing the values there are */
export function choiceFlag<T extends string>(flag: string, choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (!choice) throw new UsageError(`${flag}: unknown value "${text}"; there are ${choices.join(', ')}`);
    return choice;
  };
}

/** "128,256" -> each part as `parse` reads it. */
export function listFlag<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(',').map((part) => parse(part.trim()));
}

export const precisionFlag: (text: string) => NsPrecision = choiceFlag('--precision', PRECISIONS);

/** "4096x16384" -> [4096, 16384]. */
export function shapeFlag(flag: string): (text: string) => readonly [number, number] {
  return (text) => {
    const match = /^(\d{1,7})x(\d{1,7})$/.exec(text.trim());
    const [rows, columns] = [Number(match?.[1]), Number(match?.[2])];
    if (!(rows >= 1 && columns >= 1))
      throw new UsageError(`${flag}: expected rows x columns such as 4096x16384, got "${text}"`);
    return [rows, columns];
  };
}

/** "4x32,4x64,8x128" -> rungs. */
export function sizesFlag(text: string): readonly Rung[] {
  return text.split(',').map((part) => {
    const match = /^(\d+)x(\d+)$/.exec(part.trim());
    if (!match) throw new UsageError(`--sizes: expected layers x width such as 4x32,4x64, got "${part}"`);
    return { layers: Number(match[1]), width: Number(match[2]) };
  });
}

/** "rank:0.5" -> 0.5. @throws UsageError unless the share lies in (0, 1] */
export function updateFlag(text: string): number {
  const match = /^rank:(.+)$/.exec(text.trim());
  const share = match ? Number(match[1]) : Number.NaN;
  if (!(share > 0 && share <= 1))
    throw new UsageError(
      `--update: expected rank:P with a share P above 0 and at most 1, such as rank:0.5, got "${text}"`,
    );
  return share;
}

/** `--text`: what to train on. */
export function textOption(): Option {
  return new Option('--text <path...>', 'text files, folders or token shards (.bin) to train on').default(
    [],
    'the text of the installed dependencies',
  );
}
