/** Runs the Python scripts of this folder, each once a Python, and reads what the recorder wrote. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Spectrum } from '../../../src/spectra/spectrum.ts';
import { readJsonLines } from '../../../src/store/jsonLines.ts';
import { SPECTRUM_SCHEMA, spectrumSchema } from '../../../src/store/schemas.ts';

/** What NumPy says of a matrix that NS was given. */
export interface Expected {
  readonly step: number;
  readonly name: string;
  /** Which of several matrices of one parameter. */
  readonly part: number;
  readonly shape: readonly [number, number];
  readonly frobenius: number;
  readonly spectral: number;
  readonly values: readonly number[];
  readonly smallest: number;
  readonly stableRank: number;
  readonly effectiveRank: number;
  readonly outlierShare: number;
}

/** One training: where it was recorded, and what NumPy says. */
export interface Recorded {
  readonly file: string;
  readonly expected: readonly Expected[];
}

export interface Scripts {
  readonly folder: string;
  /** The JSON that a script of this folder prints. */
  run<T>(script: string, ...args: readonly string[]): T;
  /** Writes JSON into the folder. @returns its path */
  write(name: string, value: unknown): string;
  close(): void;
}

/** Scripts of one Python, in a folder of their own. */
export function scriptsOf(python: string): Scripts {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-recorder-'));
  const answers = new Map<string, unknown>();
  return {
    folder,
    run<T>(script: string, ...args: readonly string[]): T {
      const key = [script, ...args].join(' ');
      if (!answers.has(key)) {
        const path = fileURLToPath(new URL(`./${script}`, import.meta.url));
        const options = { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 280_000 } as const;
        const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore' };
        const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'pipe'];
        answers.set(key, JSON.parse(execFileSync(python, [path, ...args], { ...options, env, stdio })));
      }
      return answers.get(key) as T; // each script prints what its head says
    },
    write(name, value) {
      writeFileSync(join(folder, name), JSON.stringify(value));
      return join(folder, name);
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Lines of a file through the project's own reader; none if there is no file. */
export function linesOf(file: string): readonly Spectrum[] {
  if (!existsSync(file)) return [];
  const { records, cut } = readJsonLines(file, spectrumSchema, SPECTRUM_SCHEMA, dirname(file));
  if (cut !== null) throw new Error(`${file}: line ${cut.line} is cut off after ${readFileSync(file).length} bytes`);
  return records;
}

/** "step name" of every line. */
export function places(lines: readonly Spectrum[]): readonly string[] {
  return lines.map(({ step, name }) => `${step} ${name}`);
}

/**
 * Where a line differs from NumPy: a sentence each.
 *
 * @param rounding of the matrix, relative to its norm, where the blend is not the very tensor
 */
export function differences(
  lines: readonly Spectrum[],
  expected: readonly Expected[],
  rounding = 0,
): readonly string[] {
  const known = new Map(expected.map((e) => [`${e.step} ${e.name} ${e.part}`, e]));
  return lines.flatMap((line) => {
    const { name, part } = parameterOf(line.name);
    const e = known.get(`${line.step} ${line.name} 0`) ?? known.get(`${line.step} ${name} ${part}`);
    const where = `${line.step} ${line.name}`;
    if (e === undefined) return [`${where}: NS was given no such matrix`];
    const absolute = line.floor * e.spectral + rounding;
    const close = (a: number, b: number, tolerance: number): boolean => Math.abs(a - b) <= tolerance;
    const checks: readonly [string, boolean][] = [
      ['shape', line.shape[0] === e.shape[0] && line.shape[1] === e.shape[1]],
      ['frobenius', close(line.frobenius / e.frobenius, 1, 1e-9 + rounding)],
      ['spectral', close(line.spectral, e.spectral, absolute)],
      ['values', line.values.every((value, i) => close(value, e.values[i]!, absolute))],
      ['smallest', close(line.smallest, e.smallest, absolute)],
      // 1 / s^2 doubles, the entropy of r values sums, the relative error of s.
      ['stableRank', close(line.stableRank / e.stableRank, 1, (4 * absolute) / e.spectral)],
      ['effectiveRank', close(line.effectiveRank / e.effectiveRank, 1, 1e-5)],
      ['outlierShare', close(line.outlierShare, e.outlierShare, 4 * absolute)],
    ];
    return checks.flatMap(([field, holds]) => (holds ? [] : [`${where}: ${field} differs`]));
  });
}

/** "layers.0.attn.qkv.weight.k" is the second block of rows of its parameter. */
function parameterOf(name: string): { readonly name: string; readonly part: number } {
  const match = /^(.*)\.([qkv])$/.exec(name);
  return match ? { name: match[1]!, part: 'qkv'.indexOf(match[2]!) } : { name, part: 0 };
}
