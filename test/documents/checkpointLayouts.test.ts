/** docs/checkpoints.md and docs/frameworks against the layouts of the code, and their Python against Python's own parser. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { LAYOUTS } from '../../src/sources/momentum/layouts/layouts.ts';
import { parseRoleRule } from '../../src/sources/momentum/roleRules.ts';
import { parseSplitRule } from '../../src/sources/momentum/splitRules.ts';
import { codeBlocks } from './markdown.ts';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const page = readFileSync(`${docs}checkpoints.md`, 'utf8');
const frameworks = readdirSync(`${docs}frameworks`).sort();
const pages = ['checkpoints.md', ...frameworks.map((name) => `frameworks/${name}`)];

/** Cells of the table of layouts by the name in the first. */
const rows = new Map(
  [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name = '', cells = '']) => [name, cells.split(' | ')]),
);

describe('the table of layouts says what the code does', () => {
  test.each(LAYOUTS.filter(({ name }) => name !== 'torch.optim.SGD').map((layout) => [layout.name, layout] as const))(
    '%s',
    (name, { key, convention, nesterov }) => {
      const [keys, keptAs, seen] = rows.get(name) ?? [];
      expect(keys).toContain(`\`${key}\``);
      expect(keptAs).toBe(convention ?? 'open');
      expect(seen).toBe(nesterov === null ? 'open' : nesterov ? 'Nesterov blend' : 'buffer');
    },
  );

  test('and has no other rows', () => {
    const known = new Set(LAYOUTS.map(({ name }) => name));
    const layouts = [...rows].filter(([, cells]) => cells.length === 5).map(([name]) => name);
    expect(layouts.filter((name) => !known.has(name))).toEqual([]);
  });

  test('every page of a framework is linked from it, and shows a command', () => {
    for (const name of frameworks) {
      expect(page).toContain(`(frameworks/${name})`);
      const commands = codeBlocks(readFileSync(`${docs}frameworks/${name}`, 'utf8')).filter(
        ({ language }) => language === 'sh',
      );
      expect(
        commands.some(({ text }) => /^muonscope scan /m.test(text)),
        name,
      ).toBe(true);
    }
  });
});

test('every --split and --map of the pages can be read', () => {
  const shell = pages
    .flatMap((name) => codeBlocks(readFileSync(docs + name, 'utf8')))
    .filter(({ language }) => language === 'sh');
  const values = shell.flatMap(({ text }) => [...text.matchAll(/--(split|map) '([^']+)'/g)]);
  expect(values.length).toBeGreaterThan(4);
  for (const [, flag, value = ''] of values) (flag === 'split' ? parseSplitRule : parseRoleRule)(value);
});

const python = ['/usr/bin/python3', 'python3'].find((path) => spawnSync(path, ['--version']).status === 0);

describe('the Python of the pages is Python', () => {
  test.skipIf(python === undefined)(`needs python3: apt-get install python3`, () => {
    const blocks = pages
      .flatMap((name) => codeBlocks(readFileSync(docs + name, 'utf8')))
      .filter(({ language }) => language === 'python');
    expect(blocks.length).toBeGreaterThanOrEqual(frameworks.length);
    for (const { text } of blocks) {
      const parsed = spawnSync(python ?? '', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
        input: text,
        encoding: 'utf8',
      });
      expect(parsed.stderr).toBe('');
    }
  });
});

test('the lines for optax are those that wrote the fixture', () => {
  const script = readFileSync(new URL('../../scripts/references/layoutCheckpoints.py', import.meta.url), 'utf8');
  const flattened = 'jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf) for path, leaf in leaves';
  expect(script).toContain(flattened);
  expect(readFileSync(`${docs}frameworks/optax.md`, 'utf8')).toContain(flattened);
});
