import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lawsSchema, planSchema, resultSchema } from '../../src/store/documentSchemas.ts';
import { madeUpText } from '../madeUpText.ts';
import { BINARY, type Ended, folderWithText, muonscope, TINY } from './muonscope.ts';

/** A folder with text.txt and a finished study in out/. */
let finished: string;
let made: Ended;

beforeAll(() => {
  finished = mkdtempSync(join(tmpdir(), 'muonscope-'));
  writeFileSync(join(finished, 'text.txt'), madeUpText(40_000));
  made = muonscope(finished, 'study', ...TINY, '--out', 'out', '--json');
});
afterAll(() => rmSync(finished, { recursive: true, force: true }));

/** A copy of the finished study that a test may damage. */
function copyOfStudy(): string {
  const folder = folderWithText();
  cpSync(finished, folder, { recursive: true });
  return folder;
}

/** Every file of a folder with a hash of its contents. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  const hash = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  return Object.fromEntries(files.map((name) => [name, hash(name)]));
}

const ESCAPE = '\u001b';

describe('study --json', () => {
  it('prints one document on stdout, and what it does on stderr, without a progress bar where there is no terminal', () => {
    expect(made.exitCode).toBe(0);
    expect(resultSchema.parse(JSON.parse(made.stdout))).toMatchObject({
      out: 'out',
      runs: [{ run: '1x16' }, { run: '1x32' }],
    });
    expect(made.stderr).toContain('Training 2 models');
    expect(made.stderr).not.toMatch(new RegExp(`[\r█${ESCAPE}]`));
  });

  it('is what the other commands read', () => {
    const plan = muonscope(finished, 'plan', '--laws', 'out', '--params', '10M', '--json');
    expect(planSchema.parse(JSON.parse(plan.stdout)).met).toBe(plan.exitCode === 0);
    const laws = muonscope(finished, 'laws', 'out', '--json');
    expect({ exitCode: laws.exitCode, stderr: laws.stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(lawsSchema.parse(JSON.parse(laws.stdout)).laws).toEqual(JSON.parse(made.stdout).laws);
    const report = muonscope(finished, 'report', 'out', '--json');
    expect(JSON.parse(report.stdout)).toMatchObject({ schema: 'muonscope.report/1', study: 'out' });
  });

  it('comes again from a finished study, which a resume leaves as it is', () => {
    const folder = copyOfStudy();
    const before = contents(join(folder, 'out'));
    const again = muonscope(folder, 'study', '--resume', '--out', 'out', '--json');
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(made.stdout));
    expect(again.stderr).toContain('1x16: already trained');
    expect(contents(join(folder, 'out'))).toEqual(before);
  });
});

it('a reader that goes away ends a command quietly', () => {
  const line = `"${process.execPath}" "${BINARY}" laws published --json | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '{\n0\n', stderr: '' });
});

describe('a resume whose arguments contradict the study', () => {
  it.each([
    ['--steps 31', 'ladder[0].config.steps (31 against 30)'],
    ['--sizes 1x16', 'ladder (1 entries against 2)'],
    ['--sizes 1x16,1x48', 'ladder[1].config.model.width (48 against 32)'],
    ['--every 4', 'ladder[0].every (4 against 3)'],
    ['--seed 2', 'seed (2 against 1)'],
    ['--preset quick', 'preset ("quick" against "smoke")'],
    ['--text other.txt', 'text[0] ("other.txt" against "text.txt")'],
  ])('(%s) is refused and says where', (flags, difference) => {
    const before = contents(finished);
    const { exitCode, stdout, stderr } = muonscope(finished, 'study', '--resume', '--out', 'out', ...flags.split(' '));
    expect(stderr).toBe(
      `muonscope: study: out holds another study: it differs in ${difference}; continue it with its own arguments or give another --out\n`,
    );
    expect({ exitCode, stdout, after: contents(finished) }).toEqual({ exitCode: 2, stdout: '', after: before });
  });

  it('is refused when the text has changed, or when it is a run of train', () => {
    const folder = copyOfStudy();
    writeFileSync(join(folder, 'text.txt'), madeUpText(40_001));
    expect(muonscope(folder, 'study', '--resume', '--out', 'out').stderr).toContain(
      'the text is not the one out began with',
    );
    expect(muonscope(folder, 'train', '--resume', '--out', 'out').stderr).toContain(
      'out was made with muonscope study; go on with: muonscope study --resume --out out',
    );
  });
});

describe('a damaged study', () => {
  const edit =
    (file: string, change: (text: string) => string) =>
    (folder: string): void =>
      writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
  const cut =
    (file: string) =>
    (folder: string): void =>
      truncateSync(join(folder, file), 500);
  const RESUME = 'study --resume --out out';

  it.each([
    ['study.json cut off', cut('out/study.json'), RESUME, 'out/study.json: expected a JSON record'],
    [
      'study.json of a later version',
      edit('out/study.json', (t) => t.replace('folder/1', 'folder/2')),
      RESUME,
      'use a muonscope that matches the study',
    ],
    [
      'study.json edited',
      edit('out/study.json', (t) => t.replace('"seed": 1', '"seed": 7')),
      RESUME,
      'to have the seed of the study',
    ],
    ['run.json cut off', cut('out/runs/1x16/run.json'), RESUME, 'out/runs/1x16/run.json: expected a JSON record'],
    [
      'metrics.jsonl without a line',
      edit('out/runs/1x16/metrics.jsonl', (t) => t.replace(/\n.*\n/, '\n')),
      'laws out',
      'metrics.jsonl line 2: expected step 2, got step 3',
    ],
    [
      'metrics.jsonl shorter than the checkpoint',
      cut('out/runs/1x16/metrics.jsonl'),
      RESUME,
      'the records end before the checkpoint at step 30',
    ],
    [
      'spectra.jsonl with rubbish',
      edit('out/runs/1x32/spectra.jsonl', (t) => t.replace('{', 'rubbish{')),
      'report out',
      'spectra.jsonl line 1: expected a JSON record',
    ],
    [
      'spectra.jsonl emptied',
      edit('out/runs/1x32/spectra.jsonl', () => ''),
      'laws out',
      'expected spectra of step 3, got none',
    ],
    [
      'a checkpoint cut off',
      cut('out/runs/1x32/checkpoint/state.safetensors'),
      RESUME,
      'the file is truncated or not safetensors',
    ],
    ['laws.json cut off', cut('out/laws.json'), 'plan --laws out', 'out/laws.json: expected a JSON record'],
    [
      'plan.json of a later version',
      edit('out/plan.json', (t) => t.replace('plan/1', 'plan/2')),
      'report out',
      'this version of muonscope reads muonscope.plan/1',
    ],
  ])('(%s) is refused in one sentence that names the file, and is left as it is', (_, damage, command, sentence) => {
    const folder = copyOfStudy();
    damage(folder);
    const before = contents(folder);
    const { exitCode, stderr } = muonscope(folder, ...command.split(' '));
    expect(stderr.split('\n').filter((line) => line.startsWith('muonscope: '))).toEqual([
      expect.stringContaining(sentence),
    ]);
    expect(stderr).not.toContain('    at ');
    expect({ exitCode, after: contents(folder) }).toEqual({ exitCode: 2, after: before });
  });
});

describe('train', () => {
  const TRAIN = 'train --layers 1 --width 16 --head-size 16 --context 64 --batch 8 --text text.txt --out out'.split(
    ' ',
  );

  it('that diverges stops with step and layer, keeps its records, and has no laws', () => {
    const folder = folderWithText();
    const { exitCode, stderr } = muonscope(folder, ...TRAIN, '--steps', '60', '--lr', '1e3', '--update-scale', 'rms');
    const [, step] =
      /^muonscope: 1x16: training: the loss at step (\d+) is (?:NaN|Infinity) and the \w+(?: of)? "layers\.0\.[^\n]+" [^\n]*lower the learning rate; the records up to step \d+ are kept\n$/.exec(
        stderr,
      ) ?? [];
    expect({ exitCode, step: Number(step) > 1 }, stderr).toEqual({ exitCode: 2, step: true });
    const lines = readFileSync(join(folder, 'out/runs/1x16/metrics.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(Number(step) - 1);
    expect(muonscope(folder, 'report', 'out').exitCode).toBe(0);
    expect(muonscope(folder, 'laws', 'out').stderr).toContain('expected spectra of at least two model sizes, got 1');
    expect(muonscope(folder, 'plan', '--laws', 'out').stderr).toContain('out has no laws yet');
  });

  it('that reaches a limit of the disk says so, and goes on where it was once there is room', () => {
    const folder = folderWithText();
    const all = [...TRAIN, '--steps', '40'].map((word) => `'${word}'`).join(' ');
    const limited = spawnSync('bash', ['-c', `ulimit -f 24; exec "${process.execPath}" "${BINARY}" ${all}`], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(limited.stderr).toMatch(
      /^muonscope: study: writing out\/[^\n]+ failed because [^\n]+ larger than allowed; free some space and continue with --resume[^\n]*\n$/m,
    );
    expect(limited.status).toBe(2);
    const resumed = muonscope(folder, 'train', '--resume', '--out', 'out', '--json');
    expect(JSON.parse(resumed.stdout)).toMatchObject({ schema: 'muonscope.train/1', runs: [{ steps: 40 }] });
  });
});
