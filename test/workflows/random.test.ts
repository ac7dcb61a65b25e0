import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RandomSpectra } from '../../src/spectra/randomSpectra.ts';
import { type RandomListener, type RandomRequest, studyRandomMatrices } from '../../src/workflows/random.ts';

const NEVER = new AbortController().signal;
const QUIET: RandomListener = { progress: () => {}, measured: () => {} };

function request(out: string, sizes: readonly number[] = [16, 24]): RandomRequest {
  return { sizes, entries: ' gaussian ', aspect: 1, seed: 3, matrices: 2, schedules: ['jordan'], workers: 1, out };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-random-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Stops after so many matrices. */
function stoppingAfter(count: number): { readonly listener: RandomListener; readonly signal: AbortSignal } {
  const stop = new AbortController();
  const progress: RandomListener['progress'] = ({ matrices }) => {
    if (matrices === count) stop.abort();
  };
  return { listener: { ...QUIET, progress }, signal: stop.signal };
}

describe('an experiment with a folder', () => {
  test('says how it was made, and is told before it is written', async () => {
    const out = join(newFolder(), 'new');
    const told: (readonly [RandomSpectra, boolean])[] = [];
    const listener = { ...QUIET, measured: (s: RandomSpectra) => told.push([s, existsSync(join(out, 'random.json'))]) };
    const outcome = await studyRandomMatrices(request(out), listener, NEVER);
    expect(told).toEqual([[outcome!.spectra, false]]);
    expect(JSON.parse(readFileSync(join(out, 'random.json'), 'utf8'))).toEqual(outcome!.spectra);
    expect(outcome!.spectra.made!.command).toBe(
      'muonscope random --sizes 16,24 --entries gaussian --aspect 1 --seed 3 --matrices 2 --schedules jordan',
    );
  });

  test('that is stopped writes what it has, with a page', async () => {
    const out = newFolder();
    const { listener, signal } = stoppingAfter(1);
    const outcome = await studyRandomMatrices(request(out), listener, signal);
    expect(outcome).toMatchObject({ interrupted: true, kept: false, written: { record: join(out, 'random.json') } });
    expect(outcome!.spectra).toMatchObject({ complete: false, sizes: [{ rows: 16, matrices: 1 }] });
    expect(readdirSync(out).sort()).toEqual(['charts', 'random.html', 'random.json']);
  });

  test('that is stopped leaves what an earlier run wrote', async () => {
    const out = newFolder();
    writeFileSync(join(out, 'random.json'), 'an hour of work');
    const { listener, signal } = stoppingAfter(1);
    const outcome = await studyRandomMatrices(request(out), listener, signal);
    expect(outcome).toMatchObject({ interrupted: true, kept: true, written: null });
    expect(readdirSync(out)).toEqual(['random.json']);
    expect(readFileSync(join(out, 'random.json'), 'utf8')).toBe('an hour of work');
  });

  test('that is stopped before the first matrix writes nothing', async () => {
    const out = newFolder();
    expect(await studyRandomMatrices(request(out), QUIET, AbortSignal.abort())).toBeNull();
    expect(readdirSync(out)).toEqual([]);
  });

  test('that cannot be written in the end has told its numbers', async () => {
    const out = newFolder();
    const told: RandomSpectra[] = [];
    const measured = (spectra: RandomSpectra): void => {
      told.push(spectra);
      rmSync(out, { recursive: true });
      writeFileSync(out, ''); // a file stands where the folder was
    };
    await expect(studyRandomMatrices(request(out), { ...QUIET, measured }, NEVER)).rejects.toThrow(
      'a file stands where a folder is needed',
    );
    expect(told).toHaveLength(1);
  });
});
