import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FormatError, UsageError } from '../../../src/base/errors.ts';
import { type Corpus, type CorpusOptions, openCorpus } from '../../../src/sources/text/corpus.ts';
import { findPackageRoot, readInstalledText } from '../../../src/sources/text/installedText.ts';
import { shardOf } from './exampleShard.ts';

/** A folder with the given files, removed after the test. */
function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'muonscope-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
  return folder;
}

const open = (paths: readonly string[], options: Partial<CorpusOptions> = {}): Corpus =>
  openCorpus({ paths, seed: 1, context: 4, ...options });
const text = (letter: string): string => letter.repeat(100);

describe('a corpus of text files', () => {
  it('joins the files named in the order given, bytes as tokens, and says where they came from', () => {
    const folder = folderWith({ 'b.log': text('b'), 'a.log': text('ä') });
    const paths = [join(folder, 'b.log'), join(folder, 'a.log')];
    const { description, train, validation, vocabulary } = open(paths);
    const bytes = Buffer.from(text('b') + text('ä'));
    expect(train.tokens).toEqual(new Uint8Array(bytes));
    expect(validation.tokens).toBe(train.tokens);
    expect([vocabulary, description.vocabulary]).toEqual([256, 256]);
    expect(description).toMatchObject({
      source: paths.join(', '),
      files: [
        { path: paths[0], bytes: 100 },
        { path: paths[1], bytes: 200 },
      ],
      tokens: 300,
      trainTokens: 285,
      validationTokens: 15,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  });

  it('takes the text of a folder sorted by path, without links, hidden files and node_modules', () => {
    const folder = folderWith({
      'z.md': text('z'),
      'a/b.ts': text('b'),
      'a.TXT': text('a'),
      'a/image.png': text('!'),
      '.git/x.txt': text('!'),
      'node_modules/x/x.md': text('!'),
    });
    symlinkSync(join(folder, 'z.md'), join(folder, 'link.md'));
    expect(open([folder]).description.files.map(({ path }) => path)).toEqual(
      ['a.TXT', 'a/b.ts', 'z.md'].map((name) => `${folder}/${name}`),
    );
  });

  it('is refused with one sentence if missing, empty, too short, without text or not UTF-8', () => {
    const folder = folderWith({
      'short.txt': 'hello',
      'empty.txt': '',
      'latin.txt': Buffer.concat([Buffer.from(text('a')), Buffer.from([0xe4, 0x20])]),
      'images/a.png': '',
    });
    const at = (name: string): string => join(folder, name);
    expect(() => open([at('none.txt')])).toThrow(UsageError);
    expect(() => open([at('none.txt')])).toThrow(`there is no such file or folder: ${at('none.txt')}; check the path`);
    expect(() => open([at('empty.txt')])).toThrow(`--text: expected text, got an empty file (${at('empty.txt')})`);
    expect(() => open([at('short.txt')], { context: 128, validationSequences: 32 })).toThrow(
      '--text: expected at least 3200 tokens for sequences of 128, got 5; give more text',
    );
    expect(() => open([at('images')])).toThrow('expected text files in the folder');
    expect(() => open([at('latin.txt')])).toThrow(FormatError);
    expect(() => open([at('latin.txt')])).toThrow(
      `--text: expected UTF-8, got byte 0xe4 at offset 100 (${at('latin.txt')}); convert the file or leave it out`,
    );
  });
});

describe('a corpus of token shards', () => {
  it('joins the shards and keeps their tokens', () => {
    const folder = folderWith({ '1.bin': shardOf(Array(100).fill(50256)), '2.bin': shardOf(Array(50).fill(7)) });
    const { description, train, vocabulary } = open([join(folder, '1.bin'), join(folder, '2.bin')]);
    expect([train.tokens.length, train.tokens[0], train.tokens[149], vocabulary]).toEqual([150, 50256, 7, 50257]);
    expect(train.tokens).toBeInstanceOf(Uint16Array);
    expect(description.files.map(({ bytes }) => bytes)).toEqual([1224, 1124]);
  });

  it('is refused beside text, and where a token exceeds the vocabulary', () => {
    const folder = folderWith({ '1.bin': shardOf(Array(100).fill(700)), 'a.txt': text('a') });
    const shard = join(folder, '1.bin');
    expect(() => open([shard, join(folder, 'a.txt')])).toThrow('expected token shards (.bin) alone or text alone');
    expect(() => open([shard], { vocabulary: 512 })).toThrow(
      'token 0 is 700, expected less than the vocabulary of 512',
    );
  });
});

describe('the text of the installed dependencies', () => {
  const manifest = (version: string, more: object = {}): string => JSON.stringify({ version, ...more });
  const lock = JSON.stringify({
    packages: {
      '': { name: 'muonscope' },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/@s/a': { version: '2.0.0' },
      'node_modules/@s/a/node_modules/b': { version: '0.9.0' },
      'node_modules/native-linux': { version: '1.0.0', optional: true },
    },
  });
  const installed = {
    'package-lock.json': lock,
    'node_modules/b/package.json': manifest('1.0.0'),
    'node_modules/b/README.md': 'b1',
    'node_modules/b/lib/index.d.ts': 'types',
    'node_modules/b/lib/index.js': 'code',
    'node_modules/b/copy.md': 'b1',
    'node_modules/b/latin.md': Buffer.from([0xe4]),
    'node_modules/@s/a/package.json': manifest('2.0.0'),
    'node_modules/@s/a/README.md': 'a2',
    'node_modules/@s/a/node_modules/b/package.json': manifest('0.9.0'),
    'node_modules/@s/a/node_modules/b/README.md': 'b0.9',
    'node_modules/native-linux/package.json': manifest('1.0.0', { cpu: ['x64'] }),
    'node_modules/native-linux/README.md': 'native',
    'node_modules/extraneous/README.md': 'extraneous',
  };
  const pathsOf = (root: string, cap?: number): readonly string[] =>
    readInstalledText(root, cap).map(({ path }) => path);
  const PINNED = [
    'node_modules/@s/a/README.md',
    'node_modules/@s/a/node_modules/b/README.md',
    'node_modules/b/README.md',
    'node_modules/b/lib/index.d.ts',
  ];

  it('is what the lockfile pins on every platform, sorted, each content once', () => {
    expect(pathsOf(folderWith(installed))).toEqual(PINNED);
  });

  it('stops before the file that would exceed the cap', () => {
    expect(pathsOf(folderWith(installed), 8)).toEqual(PINNED.slice(0, 3));
    expect(pathsOf(folderWith(installed), 7)).toEqual(PINNED.slice(0, 2));
  });

  it('is refused if another version is installed than is pinned, or none', () => {
    const other = folderWith({ ...installed, 'node_modules/b/package.json': manifest('1.1.0') });
    expect(() => readInstalledText(other)).toThrow(UsageError);
    expect(() => readInstalledText(other)).toThrow(
      'text: expected node_modules/b in version 1.0.0 as package-lock.json pins it, got 1.1.0; run npm ci or name a text with --text',
    );
    expect(() => readInstalledText(folderWith({ 'package-lock.json': lock }))).toThrow('pins it, got none; run npm ci');
  });

  it('of an installed package without lockfile is what stands beside it, without packages for one platform', () => {
    const { 'package-lock.json': _, ...rest } = installed;
    const root = folderWith({
      ...rest,
      'node_modules/muonscope/package.json': manifest('0.1.0', { name: 'muonscope' }),
    });
    expect(pathsOf(join(root, 'node_modules', 'muonscope'))).toEqual([...PINNED, 'node_modules/extraneous/README.md']);
  });

  it('of this checkout is several megabytes of text, the same at every call', () => {
    const options = { seed: 1, context: 128, validationSequences: 64 };
    const { description } = openCorpus(options);
    expect(description.tokens).toBeGreaterThan(5_000_000);
    expect(description.files[0]?.path).toMatch(/^node_modules\//);
    expect(openCorpus(options).description).toEqual(description);
  });

  it('is looked for above the module, bundled or not', () => {
    const root = folderWith({ 'package.json': JSON.stringify({ name: 'muonscope' }), 'dist/a/b.js': '' });
    expect(findPackageRoot(join(root, 'dist', 'a'))).toBe(root);
    expect(() => findPackageRoot(folderWith({}))).toThrow('found none; name a text with --text');
  });
});
