import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BINARY, folderWithText } from './muonscope.ts';

const SCRIPT = '/usr/bin/script';
const ERASE = '\r\u001b[2K';
const MARK = '\u001b[1m';
const TRAIN = 'train --layers 1 --width 16 --head-size 16 --context 64 --batch 8 --text text.txt --out out';

/** What a pseudo terminal of 80 columns shows of a command, as bytes. */
function shown(folder: string, line: string, environment: Readonly<Record<string, string>> = {}): string {
  const command = `stty cols 80; "${process.execPath}" "${BINARY}" ${line}`;
  const { NO_COLOR: _, ...env } = process.env;
  const { stdout } = spawnSync(SCRIPT, ['-qec', command, '/dev/null'], {
    cwd: folder,
    encoding: 'utf8',
    input: '',
    env: { ...env, TERM: 'xterm', ...environment },
  });
  return stdout;
}

describe.runIf(existsSync(SCRIPT))('in a terminal of 80 columns', () => {
  it('a run draws its progress in place: bar, share, loss and speed, with the place of the run in the ladder', () => {
    const text = shown(folderWithText(), `${TRAIN} --steps 200`);
    const drawn = text.split(ERASE).filter((line) => line.includes('1x16 (1 of 1) '));
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect([...(line.split('\r')[0] ?? '')].length).toBeLessThan(80);
    expect(drawn[0]).toMatch(/^1x16 \(1 of 1\) [█░]{20} +\d+ % .* loss \d+\.\d{3} .* tokens\/s/);
    expect(text).toMatch(/Timing a few steps of each model [█░]{20}/);
    expect(text.replaceAll('\r\n', '\n')).toMatch(/\nReport: out\/report\.html\n$/);
  });

  it('random matrices draw their progress in place and fit their tables into the terminal', () => {
    const text = shown(folderWithText(), 'random --sizes 1000,1024 --matrices 2 --workers 1', { NO_COLOR: '1' });
    const drawn = text.split(ERASE).filter((line) => line.startsWith('random '));
    expect(drawn[0]).toMatch(/^random ░{20} +0 % {2}0 of \d+ matrices$/);
    expect(drawn.at(-1)).toMatch(/^random [█░]{20} +\d+ % {2}\d+s left {2}\d+ of \d+ matrices$/);
    const lines = text.slice(text.lastIndexOf(ERASE) + ERASE.length).split(/\r?\n/);
    expect(lines).toContain('Newton-Schulz');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it('the sentence of an error stands on a line of its own', () => {
    const text = shown(folderWithText(), `${TRAIN} --steps 60 --lr 1e3 --update-scale rms`);
    expect(text).toContain(`${ERASE}muonscope: 1x16: training: the loss at step`);
  });

  it('no line of the tables and notes is longer than the terminal, and NO_COLOR leaves no marks', () => {
    for (const command of ['laws published', 'plan --params 300B', 'ns show']) {
      const plain = shown(folderWithText(), command, { NO_COLOR: '1' });
      expect(plain).not.toContain('\u001b[');
      expect(plain.split(/\r?\n/).filter((line) => line.length > 80)).toEqual([]);
    }
    expect(shown(folderWithText(), 'laws published')).toContain(MARK);
  });
});
