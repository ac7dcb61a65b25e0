import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ShownStudies, showStudies } from '../../src/workflows/shownStudies.ts';
import { muonscope, TINY } from '../cli/muonscope.ts';
import { madeUpText } from '../madeUpText.ts';
import { spectrumText, writeStudy } from '../server/smallStudy.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muonscope-shown-'));
  folder = join(root, 'small');
  writeStudy(folder, { runs: 2, layers: 2, steps: 30 });
});

const runFile = (run: string, file: string): string => join(folder, 'runs', run, file);
function settle(shown: ShownStudies): void {
  while (shown.look().isBehind);
}

describe('damage', () => {
  test('a damaged run.json is a note; the other run is shown', () => {
    writeFileSync(runFile('run-1', 'run.json'), '{');
    const [study] = showStudies([root]).list();
    expect(study?.runs.map(({ run }) => run)).toEqual(['run-0']);
    expect(study?.notes).toEqual([expect.stringContaining('run.json')]);
  });

  test('a run.json that is repaired ends the note and shows the run', () => {
    const shown = showStudies([root]);
    mkdirSync(join(folder, 'runs', 'run-2'));
    writeFileSync(runFile('run-2', 'run.json'), '{');
    shown.look();
    expect(shown.list()[0]?.notes).toHaveLength(1);
    const fields = { origin: 'observed', run: 'run-2', params: 3e6, nonEmbeddingParams: 3e6 };
    writeFileSync(runFile('run-2', 'run.json'), JSON.stringify({ schema: 'muonscope.run/1', ...fields }));
    expect(shown.look().changes).toContainEqual({ study: 'small', run: null, what: 'study' });
    expect(shown.list()[0]?.notes).toEqual([]);
    expect(shown.list()[0]?.runs).toHaveLength(3);
  });

  test('a damaged study keeps its place with a note; others go on', () => {
    writeStudy(join(root, 'other'), { runs: 1, layers: 1, steps: 3 });
    const shown = showStudies([root]);
    writeFileSync(join(folder, 'study.json'), 'no JSON');
    expect(() => shown.look()).not.toThrow();
    expect(shown.list().map(({ id, notes }) => [id, notes.length])).toEqual([
      ['other', 0],
      ['small', 1],
    ]);
  });

  test('lines that hold no spectrum are counted, the first are told, the others are read', () => {
    appendFileSync(runFile('run-0', 'spectra.jsonl'), `${'broken\n'.repeat(25)}${'x'.repeat(17 << 20)}\n`);
    appendFileSync(runFile('run-0', 'spectra.jsonl'), spectrumText('run-0', 1e6, 0, 2, 'attn.q', 310));
    const shown = showStudies([root]);
    settle(shown);
    const { records, damaged, reading } = shown.series('small', 'run-0');
    expect([records, reading.read]).toEqual([361, reading.size]);
    expect(damaged).toHaveLength(21);
    expect(damaged[0]).toBe('spectra.jsonl line 361: not JSON');
    expect(damaged.at(-1)).toContain('26 lines hold no spectrum');
  });

  test('half a line at the end keeps nothing waiting, and is told once its writer is at rest', () => {
    const path = runFile('run-0', 'spectra.jsonl');
    const whole = statSync(path).size;
    truncateSync(path, whole - 60);
    const shown = showStudies([root]);
    settle(shown);
    const { records, reading, damaged } = shown.series('small', 'run-0');
    expect([records, reading, damaged]).toEqual([359, { read: whole - 60, size: whole - 60 }, []]);
    expect(shown.overview('small', 'run-0', { quantile: 0.5, columns: 8 }).every(({ verdict }) => verdict)).toBe(true);
    utimesSync(path, new Date('2026-01-01'), new Date('2026-01-01'));
    expect(shown.series('small', 'run-0').damaged).toEqual([expect.stringContaining('ends in half a line')]);
  });

  test('metrics that are missing, and lines that hold no step, are told with the losses', () => {
    const trained = join(root, 'trained');
    const run = join(trained, 'runs', '1x16');
    writeFileSync(join(root, 'text.txt'), madeUpText(40_000));
    expect(muonscope(root, 'study', ...TINY, '--out', 'trained').exitCode).toBe(0);
    const shown = showStudies([root]);
    settle(shown);
    expect(shown.metrics('trained', '1x16', 100)).toMatchObject({ records: 30, damaged: [] });
    appendFileSync(join(run, 'metrics.jsonl'), '{broken\n{"step":"x"}\n');
    expect(shown.look().changes).toEqual([{ study: 'trained', run: '1x16', what: 'metrics' }]);
    expect(shown.metrics('trained', '1x16', 100)).toMatchObject({
      records: 30,
      damaged: ['metrics.jsonl: lines that hold no step are left out, 2 so far'],
    });
    rmSync(join(trained, 'runs', '1x32', 'metrics.jsonl'));
    const anew = showStudies([root]);
    expect(anew.metrics('trained', '1x32', 100)).toMatchObject({
      records: 0,
      damaged: ['metrics.jsonl is missing, and its losses with it'],
    });
    expect(anew.metrics('small', 'run-0', 100).damaged).toEqual([]); // trained elsewhere
  });

  test('a spectra.jsonl that is a folder, and one that vanishes, are told', () => {
    rmSync(runFile('run-1', 'spectra.jsonl'));
    mkdirSync(runFile('run-1', 'spectra.jsonl'));
    const shown = showStudies([root]);
    settle(shown);
    expect(shown.series('small', 'run-1').damaged[0]).toContain('cannot be read');
    rmSync(runFile('run-0', 'spectra.jsonl'));
    shown.look();
    const { records, damaged } = shown.series('small', 'run-0');
    expect([records, damaged]).toEqual([360, ['spectra.jsonl is gone; what was read of it is shown']]);
  });

  test('a file that is replaced by a link out of the study is read no more', () => {
    const shown = showStudies([root]);
    settle(shown);
    writeStudy(`${root}-secret`, { runs: 1, layers: 1, steps: 90 });
    rmSync(runFile('run-0', 'spectra.jsonl'));
    symlinkSync(join(`${root}-secret`, 'runs', 'run-0', 'spectra.jsonl'), runFile('run-0', 'spectra.jsonl'));
    shown.look();
    expect(shown.series('small', 'run-0').records).toBe(360);
  });
});

test('the overview has a row a matrix with a verdict, and the nearest recorded quantile', () => {
  const shown = showStudies([root]);
  settle(shown);
  const rows = shown.overview('small', 'run-0', { quantile: 0.51, columns: 8 });
  expect(rows.map(({ index }) => index)).toEqual(shown.series('small', 'run-0').series.map(({ index }) => index));
  for (const { quantile, steps, values, verdict } of rows) {
    expect(quantile).toBe(0.5);
    expect(steps.length).toBeLessThanOrEqual(18);
    expect(values).toHaveLength(steps.length);
    expect(['settled', 'drifting', 'too short']).toContain(verdict);
  }
});

describe('studies that begin and vanish while they are shown', () => {
  const ids = (shown: ShownStudies): readonly string[] => shown.list().map(({ id }) => id);
  /** Looks until the folders have been searched again. */
  function lookAgain(shown: ShownStudies): readonly unknown[] {
    const changes: unknown[] = [];
    for (const until = performance.now() + 700; performance.now() < until; ) changes.push(...shown.look().changes);
    return changes;
  }

  test('one that begins is found, with its runs, and told once', () => {
    const shown = showStudies([root]);
    settle(shown);
    writeStudy(join(root, 'deep', 'later'), { runs: 1, layers: 1, steps: 3 });
    expect(lookAgain(shown).filter((change) => JSON.stringify(change).includes('"study":"later"'))).toEqual([
      { study: 'later', run: null, what: 'study' },
      { study: 'later', run: 'run-0', what: 'spectra' },
    ]);
    expect(shown.list().map(({ id, name, runs }) => [id, name, runs.length])).toEqual([
      ['small', join(root, 'small'), 2],
      ['later', join(root, 'deep', 'later'), 1],
    ]);
    expect(lookAgain(shown)).toEqual([]);
  });

  test('an empty folder has none; it becomes one itself', () => {
    const empty = join(root, 'empty');
    mkdirSync(empty);
    const shown = showStudies([empty]);
    expect(ids(shown)).toEqual([]);
    writeStudy(empty, { runs: 1, layers: 1, steps: 3 });
    lookAgain(shown);
    expect(ids(shown)).toEqual(['empty']);
  });

  test('one that vanishes is told once and asked for no more; made anew in its place it is another with its name', () => {
    const shown = showStudies([root]);
    settle(shown);
    expect(shown.series('small', 'run-0').records).toBe(360);
    rmSync(folder, { recursive: true });
    expect(lookAgain(shown)).toEqual([{ study: 'small', run: null, what: 'study' }]);
    expect(ids(shown)).toEqual([]);
    expect(() => shown.series('small', 'run-0')).toThrow('there is no study small');
    writeStudy(folder, { runs: 1, layers: 1, steps: 2 });
    lookAgain(shown);
    settle(shown);
    expect(ids(shown)).toEqual(['small']);
    expect(shown.series('small', 'run-0').records).toBe(12);
  });

  test('one that is replaced between two looks is read anew', () => {
    const shown = showStudies([root]);
    settle(shown);
    rmSync(folder, { recursive: true });
    writeStudy(folder, { runs: 1, layers: 2, steps: 40 });
    settle(shown);
    const { records, series } = shown.series('small', 'run-0');
    expect([records, series[0]?.records]).toEqual([480, 40]);
    expect(shown.list()[0]?.runs.map(({ run }) => run)).toEqual(['run-0']); // of two
  });

  test('a link to a study outside is not found later either, and a pipe is never opened', () => {
    const shown = showStudies([root]);
    writeStudy(`${root}-outside`, { runs: 1, layers: 1, steps: 3 });
    symlinkSync(`${root}-outside`, join(root, 'link'));
    mkdirSync(join(root, 'piped'));
    execFileSync('mkfifo', [join(root, 'piped', 'study.json'), join(folder, 'laws.json')]);
    lookAgain(shown);
    expect(shown.list().map(({ id, documents }) => [id, documents])).toEqual([['small', []]]);
  });
});
