import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError, UsageError } from '../../../src/base/errors.ts';
import { openTree } from '../../../src/sources/bytes/folderTree.ts';
import { openFile } from '../../../src/sources/bytes/localFile.ts';
import { openLocation } from '../../../src/sources/bytes/location.ts';
import { temporaryFolder } from '../../store/exampleRecords.ts';

describe('a local file', () => {
  test.each([
    ['nothing', 'none', 'expected a file, found none; check the path'],
    ['a folder', 'folder', 'expected a file, got a folder; name a file'],
    ['a pipe', 'pipe', 'expected a file, got a pipe or device'],
    ['a path below a file', 'file/below', 'found none'],
    ['a path with a zero byte', 'a\0b', 'found none'],
    ['a path that is too long', 'x'.repeat(5000), 'found none, for the path is too long'],
    ['a link to itself', 'circle', 'links that lead in a circle'],
  ])('that is %s is refused with a sentence', async (_, name, message) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), 'x');
    symlinkSync('circle', join(folder, 'circle'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(openFile(join(folder, name))).rejects.toThrow(UsageError);
    await expect(openFile(join(folder, name))).rejects.toThrow(message);
  });

  test('that is cut while it is read is refused', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'abcdef');
    const source = await openFile(path);
    truncateSync(path, 4);
    await expect(source.slice(2, 6)).rejects.toThrow(FormatError);
    await expect(source.slice(2, 6)).rejects.toThrow('expected bytes up to 6, got 4; the file was cut');
    await source.close();
  });

  test('that was closed says so', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, 'abcdef');
    const source = await openFile(path);
    await source.close();
    await expect(source.slice(0, 1)).rejects.toThrow('expected bytes at 0, got a source that was closed');
  });

  test('of no bytes is a source of length 0', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '');
    const source = await openFile(path);
    expect([source.byteLength, (await source.slice(0, 0)).length]).toEqual([0, 0]);
    await source.close();
  });
});

describe('a folder', () => {
  function exampleFolder(): { root: string; outside: string } {
    const outside = temporaryFolder();
    const root = join(outside, 'root');
    mkdirSync(join(root, 'a', 'b'), { recursive: true });
    writeFileSync(join(outside, 'secret'), 'secret');
    writeFileSync(join(root, '.metadata'), 'm');
    writeFileSync(join(root, 'z'), 'z');
    writeFileSync(join(root, 'a', 'b', 'grüße.pt'), 'deep');
    symlinkSync('../secret', join(root, 'leak'));
    symlinkSync('..', join(root, 'up'));
    symlinkSync('../z', join(root, 'a', 'inner'));
    symlinkSync('nowhere', join(root, 'dangling'));
    return { root, outside };
  }

  test('lists its files sorted, without links that lead out, to folders or nowhere', async () => {
    const tree = await openTree(exampleFolder().root);
    expect(await tree.list()).toEqual(['.metadata', 'a/b/grüße.pt', 'a/inner', 'z']);
  });

  test('opens files below it, through links within it as well', async () => {
    const tree = await openTree(exampleFolder().root);
    for (const [path, length] of [
      ['a/b/grüße.pt', 4],
      ['./a//inner', 1],
      ['.metadata', 1],
    ] as const) {
      const source = await tree.open(path);
      expect(source?.byteLength).toBe(length);
      await source?.close();
    }
  });

  test.each(['missing', 'a', '', '.', 'z/below', 'dangling', 'x'.repeat(5000)])('has no file %j', async (path) => {
    expect(await (await openTree(exampleFolder().root)).open(path)).toBeNull();
  });

  test.each(['../secret', 'a/../../secret', '/etc/passwd', 'leak', 'up/secret', '..\\secret', 'C:/x', 'a\0'])(
    'refuses %j, which leads out of it',
    async (path) => {
      const tree = await openTree(exampleFolder().root);
      await expect(tree.open(path)).rejects.toThrow(FormatError);
      await expect(tree.open(path)).rejects.toThrow(/expected a file below it, got ".*", which leads out of it/);
    },
  );

  test('calls its files by names that do nothing to a terminal', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, '\u001b[31mred'), 'x');
    const source = await (await openTree(folder)).open('\u001b[31mred');
    expect(source?.name).toBe(join(folder, '\\u{1b}[31mred'));
    await source?.close();
  });

  test('that is missing or a file is refused', async () => {
    const { root } = exampleFolder();
    await expect(openTree(join(root, 'none'))).rejects.toThrow('expected a folder, found none; check the path');
    await expect(openTree(join(root, 'z'))).rejects.toThrow('expected a folder, got a file; name its folder');
  });
});

describe('a location', () => {
  test('is a file with its folder, by path or file URL', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a b'), 'abc');
    for (const name of [join(folder, 'a b'), `file://${folder}/a%20b`]) {
      const location = await openLocation(name);
      if (location.kind !== 'file') throw new Error('expected a file');
      expect(location.source.byteLength).toBe(3);
      expect(await location.beside.list()).toEqual(['a b']);
      await location.source.close();
    }
  });

  test('is a folder', async () => {
    expect((await openLocation(temporaryFolder())).kind).toBe('folder');
  });

  test.each([
    ['/no/such/path', '/no/such/path: expected a file or folder, found none; check the path'],
    ['', 'expected a file or folder, found none'],
    ['s3://bucket/key', 'got s3://; copy it to this machine first'],
    ['file://host.example/x', 'expected a file URL of this machine'],
    ['http://', 'expected an address that begins with http:// or https://'],
    ['http://me:secret@127.0.0.1/x?key=1', 'http://127.0.0.1/x: expected an address without user name and password'],
  ])('%j is refused with a sentence', async (name, message) => {
    await expect(openLocation(name)).rejects.toThrow(UsageError);
    await expect(openLocation(name)).rejects.toThrow(message);
  });
});
