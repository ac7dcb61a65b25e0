import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { presetNamed } from '../../src/workflows/presets.ts';
import { type StudyListener, type StudyOptions, startStudy } from '../../src/workflows/study.ts';
import { madeUpText } from '../madeUpText.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';

const SILENT: StudyListener = { planned: () => {}, runStarted: () => {}, stepDone: () => {}, runDone: () => {} };

function tinyStudy(): StudyOptions {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'text.txt'), madeUpText(40_000));
  return {
    preset: presetNamed('smoke'),
    rungs: [
      { layers: 1, width: 16 },
      { layers: 1, width: 32 },
    ],
    choices: { steps: 20 },
    every: 3,
    out: join(folder, 'out'),
    text: [join(folder, 'text.txt')],
    seed: 1,
    target: 1e9,
    engine: 'cpu',
  };
}

it('a study stopped before its training writes nothing', async () => {
  const options = tinyStudy();
  const planned: unknown[] = [];
  const listener = { ...SILENT, planned: (study: unknown) => planned.push(study) };
  expect(await startStudy(options, listener, AbortSignal.abort())).toBeNull();
  expect({ planned, exists: existsSync(options.out) }).toEqual({ planned: [], exists: false });
});

it('a study ends with laws of every role, depth and quantile, a plan for each role and depth, and a report', async () => {
  const options = tinyStudy();
  const outcome = await startStudy(options, SILENT, new AbortController().signal);
  expect(outcome?.result.runs.map(({ run, steps }) => [run, steps])).toEqual([
    ['1x16', 20],
    ['1x32', 20],
  ]);
  expect(outcome?.laws.laws).toHaveLength(6 * 5);
  expect(outcome?.result.plan.layers).toHaveLength(6);
  expect(existsSync(outcome?.reportPath ?? '')).toBe(true);
});
