import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { moduleFacts, readModules } from './walls/modules.ts';
import {
  brokenImports,
  emptyNames,
  forbiddenImports,
  heavyNouns,
  idleExceptions,
  importCycles,
  innerBarrels,
  nodeImportsBehind,
  undeclaredPackages,
  unknownFolders,
  worldAccesses,
} from './walls/rules.ts';
import { FOLDER_RULES, NOUN_FILES } from './walls/table.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const modules = readModules(root, 'src');

describe('the source', () => {
  test('imports only what the table of walls allows', () => {
    expect(forbiddenImports(modules)).toEqual([]);
  });

  test('has only folders that the table of walls knows', () => {
    expect(unknownFolders(modules)).toEqual([]);
  });

  test('declares its nouns without loading anything', () => {
    expect(NOUN_FILES.filter((path) => !existsSync(`${root}/${path}`))).toEqual([]);
    expect(heavyNouns(modules)).toEqual([]);
  });

  test('imports files by their path with .ts', () => {
    expect(brokenImports(modules, (path) => existsSync(`${root}/${path}`))).toEqual([]);
  });

  test('has no import cycle', () => {
    expect(importCycles(modules)).toEqual([]);
  });

  test('touches files, network, clock, chance and console only where it may', () => {
    expect(worldAccesses(modules)).toEqual([]);
    expect(idleExceptions(modules)).toEqual([]);
  });

  test('loads nothing of Node behind the browser-safe entry', () => {
    expect(nodeImportsBehind('src/index.ts', modules)).toEqual([]);
  });

  test('loads nothing of Node behind the workflows that the page runs itself', () => {
    const files = filesBelow('web/src').filter((path) => /\.(?:ts|svelte)$/.test(path));
    const statements = files.flatMap((path) => [
      ...readFileSync(`${root}/${path}`, 'utf8').matchAll(
        /(import|export)\b([^;']*)'[./]*\/(src\/workflows\/\w+\.ts)'/g,
      ),
    ]);
    const run = new Set(statements.flatMap(([, , what = '', file = '']) => (/^\s+type\b/.test(what) ? [] : [file])));
    expect([...run].sort()).toEqual(['src/workflows/planFile.ts', 'src/workflows/randomReport.ts']);
    for (const file of run) expect(nodeImportsBehind(file, modules)).toEqual([]);
  });

  test('imports only packages that an installation brings', () => {
    const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    expect(undeclaredPackages(modules, Object.keys(dependencies))).toEqual([]);
  });

  test('collects exports nowhere but in the public entries', () => {
    expect(innerBarrels(modules)).toEqual([]);
  });

  test('and all other folders name files after what they hold', () => {
    const folders = ['src', 'kernels', 'web', 'test', 'bench', 'scripts', 'integrations', 'docs'];
    const paths = folders.filter((folder) => existsSync(`${root}/${folder}`)).flatMap(filesBelow);
    expect(paths.length).toBeGreaterThan(20);
    expect(emptyNames(paths)).toEqual([]);
  });
});

describe('the rules', () => {
  const files = (sources: Record<string, string>) =>
    Object.entries(sources).map(([path, text]) => moduleFacts(path, text));

  test('name file, line, allowance and target of a forbidden import', () => {
    const [facts] = files({ 'src/linalg/a.ts': "\nimport { b } from '../spectra/b.ts';" });
    expect(facts && forbiddenImports([facts])).toEqual([
      'src/linalg/a.ts:2: linalg may import base; it imports src/spectra/b.ts',
    ]);
  });

  test.each([
    ['a type', "import type { Law } from '../spectra/b.ts';"],
    ['a re-export', "export { b } from '../spectra/b.ts';"],
    ['a dynamic import', "const b = import('../spectra/b.ts');"],
    ['a type query', "type B = import('../spectra/b.ts').B;"],
    ['a worker', "new Worker(new URL('../spectra/b.ts', import.meta.url));"],
  ])('see %s across a wall', (_, text) => {
    expect(forbiddenImports(files({ 'src/linalg/a.ts': text }))).toHaveLength(1);
  });

  test('let spectra and report import the nouns, stability only their types, and linalg none that stand later', () => {
    const value = "import { ROLES } from '../sources/momentumSample.ts';";
    const type = "import type { MomentumSample } from '../sources/momentumSample.ts';";
    const violations = (path: string, text: string) => forbiddenImports(files({ [path]: text })).length;
    expect([violations('src/spectra/a.ts', value), violations('src/report/a.ts', value)]).toEqual([0, 0]);
    expect([violations('src/stability/a.ts', type), violations('src/stability/a.ts', value)]).toEqual([0, 1]);
    expect([violations('src/linalg/a.ts', type), violations('src/linalg/a.ts', value)]).toEqual([1, 1]);
  });

  test('tell a cycle of values as a path, and let types and dynamic imports close one', () => {
    const first = "import { b } from './b.ts';";
    const cycle = (second: string) => importCycles(files({ 'src/base/a.ts': first, 'src/base/b.ts': second }));
    expect(cycle("import { a } from './a.ts';")).toEqual(['src/base/a.ts -> src/base/b.ts -> src/base/a.ts']);
    expect(cycle("import { type A } from './a.ts';")).toEqual([]);
    expect(cycle("const a = import('./a.ts');")).toEqual([]);
  });

  test.each([
    ['console.log(1)', 'console'],
    ['const t = performance.now()', 'performance'],
    ['const t = Date.now()', 'Date.now'],
    ['const t = new Date()', 'new Date()'],
    ['const x = Math.random()', 'Math.random'],
    ['const x = globalThis.Math.random()', 'Math.random'],
    ['const x = [process.argv]', 'process'],
    ['globalThis.fetch("x")', 'fetch'],
    ['const log = (to = console) => to', 'console'],
    ['const all = { ...process }', 'process'],
    ["import { readFileSync } from 'node:fs'", 'node:fs'],
    ["const os = await import('node:os')", 'node:os'],
  ])('see that `%s` touches the world', (text, access) => {
    const found = worldAccesses(files({ 'src/spectra/a.ts': text }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`src/spectra/a.ts:1: ${access} reaches outside`);
    expect(worldAccesses(files({ 'src/store/a.ts': text }))).toEqual([]);
  });

  test.each([
    'const x = Math.max(1, 2)',
    'const t = new Date(0)',
    'run.process(1)',
    'const process = 1; f(process)',
    'const x = { fetch: 1 }',
    'const { fetch: get } = x',
    'let x: typeof process',
    "import type { Stats } from 'node:fs'",
  ])('see that `%s` does not', (text) => {
    expect(worldAccesses(files({ 'src/spectra/a.ts': text }))).toEqual([]);
  });

  test('follow an entry to the Node import that would stop a browser', () => {
    const chain = {
      'src/index.ts': "export { a } from './graph/a.ts';",
      'src/graph/a.ts': "import 'onnxruntime-node';",
    };
    expect(nodeImportsBehind('src/index.ts', files(chain))).toHaveLength(1);
    const lazy = { ...chain, 'src/graph/a.ts': "export const a = () => import('onnxruntime-node');" };
    expect(nodeImportsBehind('src/index.ts', files(lazy))).toEqual([]);
  });

  test('see barrels, undeclared packages, empty names and unknown folders', () => {
    const barrel = files({ 'src/base/all.ts': "export { a } from './a.ts';" });
    expect(innerBarrels(barrel)).toHaveLength(1);
    expect(undeclaredPackages(files({ 'src/base/a.ts': "import x from 'left-pad/x';" }), ['left'])).toHaveLength(1);
    expect(emptyNames(['src/base/utils.ts', 'src/misc/a.ts', 'src/base/commonNorm.ts'])).toHaveLength(2);
    expect(unknownFolders(files({ 'src/plugins/a.ts': '' }))).toHaveLength(1);
  });

  test('want a path with .ts that exists', () => {
    const sources = files({ 'src/base/a.ts': "import './b.js'; import './c.ts'; import './d.ts';" });
    expect(brokenImports(sources, (path) => path === 'src/base/d.ts')).toHaveLength(2);
  });
});

describe('ARCHITECTURE.md', () => {
  test('lists the nouns', () => {
    const listed = [...readFileSync(`${root}/ARCHITECTURE.md`, 'utf8').matchAll(/^\| `\w+`.* \| \[(src\/[^\]]+)\]/gm)];
    expect(listed.map(([, path]) => path).sort()).toEqual([...NOUN_FILES].sort());
  });

  test('shows the table of walls as it is enforced', () => {
    const page = readFileSync(`${root}/ARCHITECTURE.md`, 'utf8');
    const rows = [...page.matchAll(/^\| `src\/(\w+)\/` \|[^|]*\| ([^|]*) \|$/gm)].map(([, folder, allowed]) => [
      folder,
      allowed,
    ]);
    expect(rows).toEqual(FOLDER_RULES.map((rule) => [rule.folder, inWords(rule.mayImport, rule.nouns)]));
  });
});

function inWords(folders: readonly string[], nouns: boolean): string {
  return [...folders, ...(nouns ? ['the nouns'] : [])].join(', ') || 'nothing';
}

function filesBelow(folder: string): string[] {
  const paths = readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => !path.includes('node_modules'))
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`);
}
