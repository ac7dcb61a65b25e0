import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { watchSchema } from '../../src/store/observedSchemas.ts';
import { readRuns } from '../../src/store/studyFolder.ts';
import { temporaryFolder } from '../store/exampleRecords.ts';
import { ladderSpectra } from '../workflows/observedLadder.ts';
import { muonscope } from './muonscope.ts';
import { shardedMomentum } from './shardedMomentum.ts';
import { FLAGS, watching } from './watching.ts';

const CHECKPOINT = fileURLToPath(new URL('../../fixtures/layouts/dion/muon_step3.pt', import.meta.url));
const LINES = ladderSpectra('w64', 64, [1, 2, 3]).map((spectrum) => `${JSON.stringify(spectrum)}\n`);

function recorded(folder: string): number {
  return existsSync(join(folder, 'study', 'study.json'))
    ? readRuns(join(folder, 'study')).reduce((sum, { spectra }) => sum + spectra.length, 0)
    : 0;
}

describe('watch, of a log', () => {
  it('tells a bad line once, with number and reason, and takes those behind it; half a line waits', async () => {
    const { child, folder, job, text, until, closed } = await watching();
    const log = join(job, 'spectra.jsonl');
    const [first = '', second = '', third = '', fourth = ''] = LINES;
    const wrong = second.replace('"stage":"', '"stage":"half ');
    writeFileSync(log, `${first}{"cut\n${wrong}${second.replace('"frobenius":2', '"frobenius":NaN')}${third}`);
    writeFileSync(join(job, 'metrics.jsonl'), '{"loss": 1}\n');
    await until(() => recorded(folder) === 2);
    appendFileSync(log, fourth.slice(0, 99));
    appendFileSync(join(job, 'metrics.jsonl'), '{"loss": 2}\n');
    await until(() => text().stderr.split('Waiting').length >= 4);
    expect(recorded(folder)).toBe(2);
    appendFileSync(log, fourth.slice(99));
    await until(() => recorded(folder) === 3);
    writeFileSync(log, LINES.slice(4, 10).join(''));
    await until(() => recorded(folder) === 9);
    child.kill('SIGINT');
    expect(await closed()).toBe(0);
    expect(
      text()
        .stderr.split('\n')
        .filter((line) => line.startsWith('note')),
    ).toEqual([
      'note: left out: job/spectra.jsonl line 2: expected a record of JSON, got a line that is cut off or damaged',
      expect.stringContaining(
        'note: left out: job/spectra.jsonl line 3: expected a record of muonscope.spectrum/1, but stage',
      ),
      'note: left out: job/spectra.jsonl line 4: expected finite numbers, but frobenius is NaN',
    ]);
  });

  it('says in its JSON how many lines were left out', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'job'));
    writeFileSync(join(folder, 'job', 'spectra.jsonl'), `${LINES[0]}{"cut\n{"cut\n${LINES[1]}`);
    const { stdout, exitCode } = muonscope(folder, 'watch', 'job', ...FLAGS, '--once', '--json');
    const result = watchSchema.parse(JSON.parse(stdout));
    expect(exitCode).toBe(0);
    expect(result).toMatchObject({ added: 2, failed: [], logs: ['job/spectra.jsonl'] });
    expect(result.leftOut).toEqual([
      { name: 'job/spectra.jsonl', lines: 2, reason: expect.stringContaining('line 2: expected a record of JSON') },
    ]);
  });
});

describe('watch, of checkpoints', () => {
  it('measures one that arrives under another name and is renamed when it is whole', async () => {
    const { child, job, text, until, closed } = await watching();
    const unfinished = join(job, 'gpt_step3.pt.tmp');
    writeFileSync(unfinished, readFileSync(CHECKPOINT).subarray(0, 1000));
    await new Promise((resolve) => setTimeout(resolve, 600));
    copyFileSync(CHECKPOINT, unfinished);
    renameSync(unfinished, join(job, 'gpt_step3.pt'));
    await until(() => text().stdout.includes('gpt_step3.pt: run gpt, step 3, 12 matrices'));
    child.kill('SIGINT');
    expect(await closed()).toBe(0);
    expect(text().stderr).not.toContain('left out: job');
  });

  it('passes over links to what it measures under its own name', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'job'));
    copyFileSync(CHECKPOINT, join(folder, 'job', 'gpt_step3.pt'));
    symlinkSync('gpt_step3.pt', join(folder, 'job', 'latest.pt'));
    symlinkSync(CHECKPOINT, join(folder, 'job', 'gpt_step4.pt'));
    const { stdout } = muonscope(folder, 'watch', 'job', ...FLAGS, '--once', '--json');
    const { checkpoints } = watchSchema.parse(JSON.parse(stdout));
    expect(checkpoints).toEqual(['job/gpt_step3.pt', 'job/gpt_step4.pt']);
  });

  it('waits for the index of shards, and measures them as one checkpoint', async () => {
    const { child, folder, job, text, until, closed } = await watching();
    const { files, index, matrices } = shardedMomentum();
    const step = join(job, 'gpt-step7');
    mkdirSync(step);
    for (const [name, bytes] of files) writeFileSync(join(step, name), bytes);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(recorded(folder)).toBe(0);
    writeFileSync(join(step, 'optimizer.safetensors.index.json'), index);
    await until(() => recorded(folder) === matrices);
    child.kill('SIGINT');
    expect(await closed()).toBe(0);
    expect(text().stdout).toContain(`job/gpt-step7: run gpt, step 7, ${matrices} matrices`);
    const again = muonscope(folder, 'watch', 'job/gpt-step7', '--out', 'other', '--params', '10k', '--once', '--json');
    expect(watchSchema.parse(JSON.parse(again.stdout))).toMatchObject({
      added: matrices,
      checkpoints: ['job/gpt-step7'],
    });
  });
});

describe('watch, of a folder', () => {
  it('ends with one sentence when it is removed, and keeps what was measured', async () => {
    const { folder, job, text, until, closed } = await watching();
    writeFileSync(join(job, 'spectra.jsonl'), LINES[0]!);
    await until(() => recorded(folder) === 1);
    renameSync(job, join(folder, 'moved'));
    expect(await closed()).toBe(2);
    expect(text().stderr.trimEnd().split('\n').at(-1)).toBe(
      'muonscope: watch: job is gone: it was removed or renamed while it was watched; what was measured is kept, and the same command goes on once it is there again',
    );
    expect(recorded(folder)).toBe(1);
  });

  it('with nothing in it says so, and makes no study', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'job'));
    const { stdout, exitCode } = muonscope(folder, 'watch', 'job', ...FLAGS, '--once');
    expect({ stdout, exitCode }).toEqual({ stdout: 'Nothing was found to measure in job.\n', exitCode: 0 });
    expect(existsSync(join(folder, 'study'))).toBe(false);
  });

  it('does not begin where the study could not be written, or would be what is watched', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'job'));
    writeFileSync(join(folder, 'file'), '');
    const refused = (out: string) => muonscope(folder, 'watch', 'job', '--out', out);
    expect(refused('file/study')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('a file stands where'),
    });
    expect(refused('job')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--out: expected another folder'),
    });
  });
});
