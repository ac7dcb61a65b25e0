/** The command as it is installed: needs `npm run build`. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { randomSchema } from '../../src/store/randomSchema.ts';
import { folderWithText, muonscope, startMuonscope, TINY } from './muonscope.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'muonscope-random-'));
afterAll(() => rmSync(folder, { recursive: true }));

function random(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('node', [`${root}dist/cli.mjs`, 'random', ...args], { encoding: 'utf8' });
}

describe('muonscope random', () => {
  test('prints one document, quietly, and writes the same with figures and a page', () => {
    const out = join(folder, 'new', 'random');
    const { status, stdout, stderr } = random(
      ...['--sizes', '32,16', '--matrices', '4', '--schedules', 'jordan,textbook:3', '--out', out, '--json'],
    );
    expect([status, stderr]).toEqual([0, '']);
    const document = randomSchema.parse(JSON.parse(stdout));
    expect(document.sizes.map(({ rows, matrices }) => [rows, matrices])).toEqual([
      [16, 4],
      [32, 4],
    ]);
    expect(document.complete).toBe(true);
    expect(readFileSync(join(out, 'random.json'), 'utf8')).toBe(stdout);
    expect(readdirSync(join(out, 'charts')).sort()).toEqual([
      'random-loss.svg',
      'random-outputs.svg',
      'random-scaling.svg',
      'random-spectrum.svg',
    ]);
    expect(readFileSync(join(out, 'random.html'), 'utf8')).toContain(
      'muonscope random --sizes 32,16 --entries gaussian --aspect 1 --seed 1 --matrices 4 --schedules jordan,textbook:3',
    );
  });

  test('prints tables for people', () => {
    const { status, stdout } = random('--sizes', '16,32', '--matrices', '2', '--entries', 'student:5', '--aspect', '2');
    expect(status).toBe(0);
    for (const text of ['16 x 32', '32 x 64', 'jordan x7', 'smallest', 'at exactly q']) expect(stdout).toContain(text);
  });

  test('stops at --max-seconds and says so on stderr', () => {
    const { status, stdout, stderr } = random('--sizes', '16', '--max-seconds', '1e-9', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).complete).toBe(false);
    expect(stderr).toBe('note: time ran out after 1 of 512 matrices of 16 x 16\n');
  });

  test.each([
    ['--sizes', '1', '--sizes: expected an integer of at least 2, got "1"'],
    ['--sizes', '128,2.5', '--sizes: expected an integer of at least 2, got "2.5"'],
    ['--sizes', '128,', '--sizes: expected an integer of at least 2, got ""'],
    ['--sizes', '64,64', 'random matrices: size 64 is listed twice; list each size once'],
    ['--sizes', '20000', 'random: a size can be at most 16384, got 20000; choose smaller sizes'],
    ['--entries', 'cauchy', 'there are gaussian, uniform, student:DOF such as student:5, sparse:DENSITY'],
    ['--entries', 'sparse:0.5:2', 'unknown distribution "sparse:0.5:2"'],
    ['--entries', '\u001b[31mred\n', 'unknown distribution "\\u{1b}[31mred\\u{a}"'],
    ['--schedules', 'muon', '"muon" is not known; use one of jordan, you5'],
    ['--schedules', 'jordan:x', 'random: expected a schedule such as jordan or jordan:7, or a .json file of ns design'],
    ['--schedules', 'aol', 'random: aol x4 expects the aol rescaling'],
    ['--schedules', 'nosuch.json', 'schedules: nosuch.json cannot be read (ENOENT); make it with muonscope ns design'],
    ['--aspect', '0.5', 'must lie between 1 and 10000, got 0.5; use 2, a transpose has the same spectrum'],
    ['--matrices', '1e9', 'random matrices: at most 100000 matrices of a size can be drawn, got 1000000000'],
    ['--workers', '100000', 'random: expected at most 256 workers, got 100000; one a core is best'],
    ['--out', '', '--out: expected a folder, got an empty name'],
  ])('%s %s is refused in one sentence with exit code 2', (flag, value, message) => {
    const { status, stdout, stderr } = random(flag, value);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a matrix too large for memory is refused with what it needs', () => {
    const { status, stderr } = random('--sizes', '16384', '--aspect', '10000');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^muonscope: random: a 16384 x 163840000 matrix needs \d[\d.]* TiB .*; choose smaller sizes/,
    );
  });
});

describe('the folder of muonscope random', () => {
  test.each([
    ['a file above it', (out: string) => writeFileSync(join(out, '..'), ''), 'a file stands where a folder is needed'],
    [
      'a folder in place of the record',
      (out: string) => mkdirSync(join(out, 'random.json'), { recursive: true }),
      'random.json stands in the way; move it away or give another --out',
    ],
    [
      'a file in place of the charts',
      (out: string) => {
        mkdirSync(out);
        writeFileSync(join(out, 'charts'), '');
      },
      'charts stands in the way; move it away or give another --out',
    ],
  ])('is refused before anything is drawn if there is %s', (name, prepare, message) => {
    const out = join(folder, name, 'out');
    if (name !== 'a file above it') mkdirSync(join(folder, name));
    prepare(out);
    const { status, stdout, stderr } = random('--sizes', '16', '--out', out);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test.runIf(existsSync('/proc/self'))('is refused at once where the system does not allow it', () => {
    const { status, stderr } = random('--sizes', '16', '--out', '/proc/muonscope');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^muonscope: [^\n]* \/proc\/muonscope failed because [^\n]+\n$/);
  });

  test('of a study keeps the record and gains a section in the report, now and whenever it is written', () => {
    const cwd = folderWithText();
    expect(muonscope(cwd, 'study', ...TINY, '--out', 'out').exitCode).toBe(0);
    const report = (): string => readFileSync(join(cwd, 'out', 'report.html'), 'utf8');
    expect(report()).not.toContain('Random matrices');
    const { exitCode, stdout } = muonscope(
      cwd,
      ...['random', '--sizes', '16,32', '--matrices', '3', '--schedules', 'jordan', '--out', 'out'],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Record: out/random.json\nReport: out/report.html\n');
    expect(existsSync(join(cwd, 'out', 'random.html'))).toBe(false);
    expect(readdirSync(join(cwd, 'out', 'charts'))).toContain('random-loss.svg');
    randomSchema.parse(JSON.parse(readFileSync(join(cwd, 'out', 'random.json'), 'utf8')));
    const written = report();
    expect(written).toMatch(/<li><a href="#random">Random matrices<\/a><\/li><li><a href="#method">/);
    expect(written.match(/<section id="random"[\s\S]*?<\/section>/)?.[0]).toContain('3 of 32 × 32');
    expect(muonscope(cwd, 'report', 'out').exitCode).toBe(0);
    expect(report()).toBe(written);
    writeFileSync(join(cwd, 'out', 'random.json'), '{"schema":"muonscope.random/1"}');
    expect(muonscope(cwd, 'report', 'out')).toMatchObject({ exitCode: 2, stdout: '' });
  }, 90_000);

  test('of a study of which no run has begun keeps the record for its report', () => {
    const cwd = folderWithText();
    expect(muonscope(cwd, 'study', ...TINY, '--out', 'out').exitCode).toBe(0);
    rmSync(join(cwd, 'out', 'runs'), { recursive: true });
    const { exitCode, stdout } = muonscope(cwd, 'random', '--sizes', '16', '--matrices', '1', '--out', 'out');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Record: out\/random\.json\nNo run of this study has begun; its report will have a section/);
  }, 90_000);
});

describe('schedules from a file', () => {
  test('are drawn like published ones', () => {
    const cwd = folderWithText();
    const { stdout } = muonscope(cwd, 'ns', 'design', '--lower', '1e-3', '--products', '12', '--json');
    writeFileSync(join(cwd, 'own.json'), stdout);
    const { name } = JSON.parse(stdout).schedules[0];
    const result = muonscope(
      cwd,
      'random',
      '--sizes',
      '16',
      '--matrices',
      '2',
      '--schedules',
      'own.json,jordan',
      '--json',
    );
    const document = randomSchema.parse(JSON.parse(result.stdout));
    expect(document.histograms.map(({ schedule }) => schedule)).toEqual([null, name, 'jordan x5']);
    expect(document.sizes[0]!.afterNs[0]!.schedule).toBe(name);
  });

  const schedule = {
    name: 'own',
    source: '',
    coefficients: [[2, -1.5, 0.5]],
    entry: { normalisation: 'frobenius', scale: 1, epsilon: 0 },
  };
  const document = (...schedules: readonly unknown[]): string =>
    JSON.stringify({ schema: 'muonscope.ns/1', schedules });
  test.each([
    ['no JSON', '[', 'cannot be read (it is no JSON)'],
    [
      'another document',
      '{"schema":"muonscope.laws/1"}',
      'own.json is no output of muonscope ns design --json (schema: ',
    ],
    ['no steps', document({ ...schedule, coefficients: [] }), '(schedules.0.coefficients: '],
    [
      'outputs without bound',
      document({
        ...schedule,
        coefficients: [
          [20, 0, 0],
          [20, 0, 0],
        ],
      }),
      'random: the outputs of own reach 400 for singular values up to 1; choose a schedule that keeps them within 10',
    ],
    [
      'outputs that overflow',
      document({ ...schedule, coefficients: Array(9).fill([1e80, 0, 1e80]) }),
      'random: the outputs of own reach ',
    ],
    [
      'a name that means something else',
      document({ ...schedule, name: 'jordan x5' }),
      'random: two different schedules are called jordan x5; rename one',
    ],
  ])('are refused if they hold %s', (_, text, message) => {
    const cwd = folderWithText();
    writeFileSync(join(cwd, 'own.json'), text);
    const { exitCode, stdout, stderr } = muonscope(cwd, 'random', '--sizes', '16', '--schedules', 'own.json');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^muonscope: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });
});

test('Ctrl-C ends at once with the numbers of the matrices that were done', async () => {
  const cwd = folderWithText();
  // The small matrices take milliseconds, the large one most of a minute.
  const child = startMuonscope(cwd, ...'random --sizes 16,6000 --matrices 2 --workers 1 --out out --json'.split(' '));
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (part) => {
    text.stdout += part;
  });
  child.stderr?.on('data', (part) => {
    text.stderr += part;
  });
  const closed = once(child, 'close');
  const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, 1000 * count));
  // The folder is made when the command listens, just before it begins to draw.
  while (!existsSync(join(cwd, 'out')) && child.exitCode === null) await seconds(0.02);
  await seconds(5);
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  const document = randomSchema.parse(JSON.parse(text.stdout));
  expect([document.complete, document.sizes.map(({ rows }) => rows)]).toEqual([false, [16]]);
  expect(text.stderr).toContain('note: stopped before any matrix of 6000 x 6000 was done; it is left out\n');
  expect(text.stderr).toMatch(/\nStopped\. The numbers are those of the matrices that were done\.\n$/);
  expect(readFileSync(join(cwd, 'out', 'random.json'), 'utf8')).toBe(text.stdout);
}, 60_000);
