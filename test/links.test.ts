import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { anchors, links } from './documents/markdown.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const SKIPPED = ['node_modules', '.git', 'dist', 'study', 'studies', 'coverage'];
const pages = pagesBelow(root);

describe('every internal link leads somewhere', () => {
  test.each(pages)('%s', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });
});

test('the pages people look for are there', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']));
});

test('links are found in prose and as images, not in code or comments', () => {
  const page = 'a [b](c.md#d)\n![e](f.png)\n`[g](h)`\n```sh\n[i](j)\n```\n<!-- [k](l) -->\n[`m`](n.ts)\n';
  expect(links(page)).toEqual([
    { target: 'c.md#d', line: 1 },
    { target: 'f.png', line: 2 },
    { target: 'n.ts', line: 8 },
  ]);
});

test('anchors are lower case, without punctuation, numbered when they repeat', () => {
  expect(anchors('# Where do I put ...\n## A `b`, c\n## A b c\n')).toEqual(['where-do-i-put-', 'a-b-c', 'a-b-c-1']);
});

/** Paths of all .md files below `folder`, from the root. */
function pagesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.includes(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pagesBelow(path);
      return entry.name.endsWith('.md') ? [relative(root, path)] : [];
    });
}

function brokenLinks(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return links(text)
    .filter(({ target }) => !/^[a-z]+:/i.test(target))
    .flatMap(({ target, line }) => {
      const problem = problemOf(page, text, target);
      return problem ? [`${page}:${line}: ${problem}`] : [];
    });
}

function problemOf(page: string, text: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
  if (relative(root, file).startsWith('..')) return `${target} leaves the repository`;
  if (!existsSync(file)) return `${target} does not exist`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  const known = anchors(path === '' ? text : readFileSync(file, 'utf8'));
  return known.includes(anchor) ? undefined : `${target}: no such heading; the page has ${known.join(', ')}`;
}
