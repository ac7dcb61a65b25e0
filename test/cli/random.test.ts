/** The command as it is installed: needs `npm run build`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { randomSchema } from '../../src/store/randomSchema.ts';

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
    for (const text of ['16 x 32', '32 x 64', 'jordan x7', 'smallest']) expect(stdout).toContain(text);
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
    ['--schedules', 'muon', '"muon" is not known; use one of jordan, you5'],
    ['--schedules', 'jordan:x', 'random: expected a schedule such as jordan or jordan:7, got "jordan:x"'],
    ['--schedules', 'aol', 'random: aol x4 expects the aol rescaling'],
    ['--aspect', '0.5', 'the aspect ratio must lie between 1 and 10000, got 0.5'],
  ])('%s %s is refused in one sentence with exit code 2', (flag, value, message) => {
    const { status, stdout, stderr } = random(flag, value);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a matrix too large for memory is refused with its bytes', () => {
    const { status, stderr } = random('--sizes', '16384', '--aspect', '10000');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^muonscope: random: a 16384 x 163840000 matrix needs \d+ bytes .*; choose smaller sizes/);
  });

  test('a folder that cannot be made is refused before anything is drawn', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { status, stderr } = random('--sizes', '16', '--out', join(file, 'out'));
    expect(status).toBe(2);
    expect(stderr).toContain('a file stands where a folder is needed');
    expect(existsSync(join(file, 'out'))).toBe(false);
  });
});
