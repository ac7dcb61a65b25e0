import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { spectrumAt } from '../store/exampleRecords.ts';
import { folderWithText, muonscope, TINY } from './muonscope.ts';

/** Arguments that cannot work, and what the one sentence about them says. */
const REFUSED: readonly (readonly [args: string, sentence: string])[] = [
  ['frobnicate', "muonscope: unknown command 'frobnicate'; see muonscope --help"],
  ['studdy', "muonscope: unknown command 'studdy' (Did you mean study?); see muonscope --help"],
  ['study --frob', "muonscope: unknown option '--frob'; see muonscope study --help"],
  ['laws', "muonscope: missing required argument 'study'; see muonscope laws --help"],
  ['train --steps 5', "muonscope: required option '--out <dir>' not specified; see muonscope train --help"],
  ['plan --params 3B --target 4B', "--target <n>' cannot be used with option '--params <n>'; see muonscope plan"],
  ['plan --params -5', '--params: expected a positive number such as 1.5e9, 300B or 1T, got "-5"'],
  ['plan --params abc', '--params: expected a positive number such as 1.5e9, 300B or 1T, got "abc"'],
  ['plan --precision fp4', '--precision: unknown value "fp4"; there are float32, bf16, fp16, tf32'],
  ['plan --laws nosuch', 'expected a study in nosuch, found no study.json'],
  ['laws nosuch', 'expected a study in nosuch, found no study.json'],
  ['report text.txt', 'a file stands where a folder is needed'],
  ['ns show nosuch', '"nosuch" is not known; use one of jordan'],
  ['ns show jordan --steps 99', 'jordan has 1 to 10 steps, got 99'],
  ['study --preset huge', '--preset: unknown preset "huge"; there are smoke, quick, full'],
  ['study --engine tpu', '--engine: unknown value "tpu"; there are cpu, webgpu, cuda'],
  ['study --engine cuda --sizes 1x16,1x32', 'muonscope: engine: cuda does not run here: failed to'],
  ['study --steps 1e1', '--steps: expected an integer of at least 20, got "1e1"'],
  ['study --steps many', '--steps: expected an integer of at least 20, got "many"'],
  ['study --sizes 4,5', '--sizes: expected layers x width such as 4x32,4x64, got "4"'],
  ['study --sizes 2x32', '--sizes: laws need at least two sizes, got 2x32'],
  ['study --sizes 2x32,2x32', '--sizes: expected different sizes, got 2x32 more than once'],
  ['study --sizes 0x32,2x32', 'layers must be an integer of at least 1, got 0'],
  ['study --sizes 2x33,2x32', 'width must be a multiple of the head size 16, got 33'],
  [
    'study --sizes 2x32,2x1000000000',
    '2x1000000000: training 2.4e7T parameters in batches of 16 x 128 tokens needs about',
  ],
  ['study --sizes 1000000x32,2x32', 'of memory, this machine has'],
  ['train --batch 100000000', 'of memory, this machine has'],
  ['study --steps 30 --every 50', '--every: expected a spectrum between step 18 and 27'],
  ['study --resume', 'expected a study of preset quick in studies to resume, found none; give --out'],
];

const CHECKPOINT = fileURLToPath(new URL('../../fixtures/layouts/dion/muon_step3.pt', import.meta.url));

/** Arguments whose fault shows when the output folder is open already; $CHECKPOINT is a good one. */
const REFUSED_LATE: readonly (readonly [args: string, sentence: string])[] = [
  ['ingest bad.jsonl', 'bad.jsonl: expected a record of JSON in its first line'],
  ['ingest unsized.jsonl', 'unsized.jsonl: how many parameters its model has is not known'],
  ['ingest stepless.jsonl', 'stepless.jsonl line 1: its step is not known; ingest it with --step'],
  ['scan nosuch.pt', 'nosuch.pt: expected a file or folder, found none'],
  ['scan text.txt', 'text.txt: expected a checkpoint'],
  ['scan $CHECKPOINT --run ../x', '--run: expected letters, digits, dots, dashes and underscores, got "../x"'],
  ['scan $CHECKPOINT --role nonsense', '--role: no matrix has role "nonsense"'],
  ['watch nosuch', 'watch: expected a folder, got nosuch'],
  ['random --sizes 1000000', 'random: a size can be at most 16384, got 1000000'],
];

describe('the command line', () => {
  it.each(REFUSED)('refuses "muonscope %s" in one sentence, with exit code 2, and writes nothing', (line, sentence) => {
    const folder = folderWithText();
    const args = line.split(' ');
    const training = /^(study|train) --(?!frob|resume|steps 5$)/.test(line);
    const all = training ? [...args, '--text', 'text.txt', '--out', 'out'] : args;
    const { exitCode, stdout, stderr } = muonscope(folder, ...all);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^muonscope: [^\n]+\n$/);
    expect({ exitCode, stdout, left: readdirSync(folder) }).toEqual({ exitCode: 2, stdout: '', left: ['text.txt'] });
  });

  it.each(REFUSED_LATE)('refuses "muonscope %s --out a/b/new" and leaves no folder behind', (line, sentence) => {
    const folder = folderWithText();
    const unsized = { ...spectrumAt(1), params: null, nonEmbeddingParams: null };
    writeFileSync(join(folder, 'bad.jsonl'), '{"schema": \n');
    writeFileSync(join(folder, 'unsized.jsonl'), `${JSON.stringify(unsized)}\n`);
    writeFileSync(join(folder, 'stepless.jsonl'), `${JSON.stringify({ ...spectrumAt(1), step: null })}\n`);
    const before = readdirSync(folder);
    const args = line.split(' ').map((arg) => arg.replace('$CHECKPOINT', CHECKPOINT));
    const { exitCode, stdout, stderr } = muonscope(folder, ...args, '--out', 'a/b/new');
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^muonscope: [^\n]+\n$/);
    expect({ exitCode, stdout, left: readdirSync(folder) }).toEqual({ exitCode: 2, stdout: '', left: before });
  });

  it('refuses a run and leaves the study as it was that it would have been added to', () => {
    const folder = folderWithText();
    expect(muonscope(folder, 'scan', CHECKPOINT, '--out', 'study', '--sample', '1').exitCode).toBe(0);
    const before = readdirSync(join(folder, 'study'), { recursive: true }).sort();
    const args = ['scan', CHECKPOINT, '--run', 'other', '--role', 'nonsense', '--out', 'study'];
    expect(muonscope(folder, ...args).exitCode).toBe(2);
    expect(readdirSync(join(folder, 'study'), { recursive: true }).sort()).toEqual(before);
  });

  it('refuses an output folder with other files and leaves them alone', () => {
    const folder = folderWithText();
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out', 'thesis.tex'), 'precious');
    const { exitCode, stderr } = muonscope(folder, 'study', ...TINY, '--out', 'out');
    expect(stderr).toBe(
      'muonscope: study: out holds other files (thesis.tex), expected an empty or new folder; give another --out\n',
    );
    expect({ exitCode, left: readdirSync(join(folder, 'out')) }).toEqual({ exitCode: 2, left: ['thesis.tex'] });
  });

  it.runIf(existsSync('/proc/self'))('refuses a folder that the system does not allow to be made', () => {
    const { exitCode, stderr } = muonscope(folderWithText(), 'study', ...TINY, '--out', '/proc/muonscope');
    expect(stderr).toMatch(/^muonscope: study: making \/proc\/muonscope failed because [^\n]+\n$/m);
    expect(exitCode).toBe(2);
  });
});
