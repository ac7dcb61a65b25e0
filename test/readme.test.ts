import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as browserEntry from '../src/index.ts';
import * as nodeEntry from '../src/node.ts';
import { runExample } from './documents/examples.ts';
import { codeBlocks } from './documents/markdown.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const modules = { muonscope: browserEntry, 'muonscope/node': nodeEntry };
const examples = codeBlocks(readme).filter(({ language }) => language === 'ts');
const shellLines = codeBlocks(readme)
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .map((line) => line.replace(/ +#.*$/, ''));

describe('README', () => {
  test.each(examples)('its example at line $line gives what its comments promise', async ({ text }) => {
    const { checked, broken } = await runExample(text, modules);
    expect(broken).toEqual([]);
    expect(checked).toBeGreaterThan(0);
  });

  test('has an example, and prints the two commands exactly', () => {
    expect(examples.length).toBeGreaterThan(0);
    expect(shellLines).toContain('npm ci && npm run study');
    expect(shellLines).toContain('npm cit');
  });

  if (manifest.scripts)
    test('names only npm scripts that package.json has', () => {
      const named = [...readme.matchAll(/npm run (\w+)/g)].map((match) => match[1]);
      expect(named.filter((name) => name !== undefined && !(name in manifest.scripts))).toEqual([]);
    });

  if (manifest.bin?.muonscope)
    describe('the commands it shows', () => {
      const shown = shellLines.flatMap(commandsIn);

      test('are in muonscope --help', () => {
        const help = muonscope('--help');
        expect(shown.length).toBeGreaterThan(0);
        expect(shown.filter(({ command }) => !new RegExp(`^  ${command}\\b`, 'm').test(help))).toEqual([]);
      });

      test.each(shown)('have the flags it gives them: muonscope $command', ({ command, flags }) => {
        const help = muonscope(command, '--help');
        expect(flags.filter((flag) => !new RegExp(`${flag}(?![\\w-])`).test(help))).toEqual([]);
      });
    });
});

describe('an example', () => {
  const run = (text: string) => runExample(text, { lib: { half: (x: number) => x / 2, pi: Math.PI } });

  test('keeps its promise to the digits shown', async () => {
    expect(await run("import { half, pi as p } from 'lib';\nhalf(1); // 0.5\nconst x = p; // 3.142\n")).toEqual({
      checked: 2,
      broken: [],
    });
  });

  test('breaks it when a digit, an item, a key or a type differs', async () => {
    const lines = [
      '1.5; // 1.6',
      '[1, 2]; // [1]',
      '({ a: 1 }); // { b: 1 }',
      '"1"; // 1',
      'null; // "x"',
      '2.4; // 2',
    ];
    const { broken } = await run(lines.join('\n'));
    expect(broken).toHaveLength(lines.length);
    expect(broken[0]).toBe('line 1: promised 1.6, got 1.5');
  });

  test('leaves prose alone, and says which module is missing', async () => {
    expect((await run('1; // the first step')).checked).toBe(0);
    await expect(run("import { x } from 'left-pad';")).rejects.toThrow('imports left-pad; expected one of lib');
  });
});

/** `muonscope plan --target 1B` anywhere in a shell line -> its command and flags. */
function commandsIn(line: string): { command: string; flags: string[] }[] {
  const match = /\bmuonscope ((?:[a-z]+ ?)+)(.*)$/.exec(line);
  const script = /\bnpm run study --( .*)$/.exec(line);
  if (script) return [{ command: 'study', flags: script[1]?.match(/--[a-z-]+/g) ?? [] }];
  return match ? [{ command: match[1]?.split(' ')[0] ?? '', flags: match[2]?.match(/--[a-z-]+/g) ?? [] }] : [];
}

function muonscope(...args: string[]): string {
  return execFileSync('node', [`${root}${manifest.bin.muonscope}`, ...args], { encoding: 'utf8' });
}
