/** docs/torch-checkpoints.md: the names it lists are those of the code. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { KNOWN_GLOBALS } from '../src/sources/checkpoints/pickle/knownGlobals.ts';

const page = readFileSync(new URL('../docs/torch-checkpoints.md', import.meta.url), 'utf8');

/** "a.{b,c}D" is a.bD and a.cD. */
function expanded(text: string): readonly string[] {
  const [, before = '', middle, after = ''] = /^(.*)\{(.+)\}(.*)$/.exec(text) ?? [];
  return middle === undefined ? [text] : middle.split(',').map((part) => before + part + after);
}

test('docs/torch-checkpoints.md lists every name that a pickle may use, and no other', () => {
  const section = /^- [\s\S]+?(?=\n\nSources:)/m.exec(page.slice(page.indexOf('## Names a pickle may use')))?.[0] ?? '';
  const listed = [...section.matchAll(/`([^`]+\.[^`]+)`/g)].flatMap(([, text = '']) => expanded(text));
  expect(listed.toSorted()).toEqual(KNOWN_GLOBALS.flatMap(({ names }) => names).toSorted());
});
