import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import * as browserEntry from '../src/index.ts';
import * as nodeEntry from '../src/node.ts';

/** Names an entry exports, types included, as its source lists them; the names after `export *` are not followed. */
function listedExports(entry: string): { values: string[]; types: string[]; stars: string[] } {
  const path = fileURLToPath(new URL(`../src/${entry}`, import.meta.url));
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const lists = { values: [] as string[], types: [] as string[], stars: [] as string[] };
  for (const statement of file.statements) {
    if (!ts.isExportDeclaration(statement))
      throw new Error(`${entry}: expected only exports, got ${statement.getText()}`);
    if (!statement.exportClause) lists.stars.push(statement.moduleSpecifier?.getText() ?? '');
    else if (ts.isNamedExports(statement.exportClause))
      for (const element of statement.exportClause.elements)
        (statement.isTypeOnly || element.isTypeOnly ? lists.types : lists.values).push(element.name.text);
  }
  return lists;
}

function page(entry: string): string {
  const { values, types, stars } = listedExports(entry);
  const lines = [...stars.map((star) => `* ${star}`), ...values, ...types.map((name) => `type ${name}`)];
  return `${lines.sort().join('\n')}\n`;
}

test('the public entry exports what its list says; a change to it is a change to the interface', async () => {
  await expect(page('index.ts')).toMatchFileSnapshot('snapshots/index.exports.txt');
});

test('the Node entry exports the public entry and what its list says', async () => {
  await expect(page('node.ts')).toMatchFileSnapshot('snapshots/node.exports.txt');
});

test('every value the public entry lists is there when it is imported', () => {
  const { values, stars } = listedExports('index.ts');
  expect(stars).toEqual([]);
  expect(Object.keys(browserEntry).sort()).toEqual(values.sort());
});

test('the Node entry adds its own values to those of the public entry', () => {
  const { values, stars } = listedExports('node.ts');
  expect(stars).toEqual(["'./index.ts'"]);
  expect(Object.keys(nodeEntry).sort()).toEqual([...Object.keys(browserEntry), ...values].sort());
});

test('no exported value is undefined', () => {
  expect(Object.entries(nodeEntry).filter(([, value]) => value === undefined)).toEqual([]);
});
