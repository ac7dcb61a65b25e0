import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { StudyError } from '../../src/base/errors.ts';
import { cutFile, fileFailure, openLines, readBytes, writeWhole } from '../../src/store/files.ts';
import { temporaryFolder } from './exampleRecords.ts';

/** Linux answers every write to this device as a full disk does. */
const FULL_DISK = '/dev/full';

describe('whole files', () => {
  it('are replaced, folders made, nothing left beside them', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'charts', 'loss.svg');
    writeWhole(path, 'first', folder);
    writeWhole(path, new Uint8Array([65, 66]), folder);
    expect(readFileSync(path, 'utf8')).toBe('AB');
    expect(readdirSync(join(folder, 'charts'))).toEqual(['loss.svg']);
  });

  it.runIf(existsSync(FULL_DISK))('survive a full disk, which is told in one sentence', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'plan.json');
    writeWhole(path, 'whole', folder);
    symlinkSync(FULL_DISK, `${path}.tmp`);
    expect(() => writeWhole(path, 'never', folder)).toThrow(
      `study: writing ${path} failed because the disk is full; free some space and continue with --resume; what was written before is whole`,
    );
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(readdirSync(folder)).toEqual(['plan.json']);
  });

  it('cannot be written below a file, which is told in one sentence', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'charts'), '');
    expect(() => writeWhole(join(folder, 'charts', 'a.svg'), '', folder)).toThrow(
      'failed because a file stands where a folder is needed; move it away or give another --out',
    );
  });

  it('are null if missing; a folder in their place is refused', () => {
    const folder = temporaryFolder();
    expect(readBytes(join(folder, 'none'), folder)).toBeNull();
    mkdirSync(join(folder, 'laws.json'));
    expect(() => readBytes(join(folder, 'laws.json'), folder)).toThrow('a folder stands where a file is needed');
  });
});

describe('line files', () => {
  it('continue where they end', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.jsonl');
    for (const text of ['1\n', '2\n']) {
      const lines = openLines(path, folder);
      lines.append(text);
      lines.append(text);
      lines.flush();
      lines.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('1\n1\n2\n2\n');
    cutFile(path, 4, folder);
    expect(readFileSync(path, 'utf8')).toBe('1\n1\n');
  });

  it.runIf(existsSync(FULL_DISK))('tell a full disk in one sentence', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'metrics.jsonl');
    symlinkSync(FULL_DISK, path);
    const lines = openLines(path, folder);
    expect(() => lines.append('{}\n')).toThrow(`study: writing ${path} failed because the disk is full;`);
    lines.close();
  });
});

describe('a refusal of the operating system', () => {
  const refusal = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'write' });

  test.each([
    ['ENOSPC', 'the disk is full; free some space and continue with --resume'],
    ['EROFS', 'the disk is read-only; make the folder writable or give another --out'],
    ['EACCES', 'permission is denied; make the folder writable or give another --out'],
    ['EIO', 'the operating system answered EIO; check the folder and its disk'],
  ])('%s becomes a StudyError with a remedy', (code, sentence) => {
    const failure = fileFailure(refusal(code), 'writing a.json', 'out');
    expect(failure).toBeInstanceOf(StudyError);
    expect(failure).toMatchObject({
      folder: 'out',
      message: expect.stringContaining(`writing a.json failed because ${sentence}`),
    });
  });

  it('is told apart from a defect, which stays as it is', () => {
    const defect = new TypeError('x is undefined');
    expect(fileFailure(defect, 'writing', 'out')).toBe(defect);
  });
});
