import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StudyError } from '../../src/base/errors.ts';
import { LOCK_FILE, lockStudy } from '../../src/store/lock.ts';
import { temporaryFolder } from './exampleRecords.ts';

it('one writer a study: a second is refused until the first is done', () => {
  const folder = temporaryFolder();
  const lock = lockStudy(folder);
  expect(() => lockStudy(folder)).toThrow(StudyError);
  expect(() => lockStudy(folder)).toThrow(
    `study: ${folder} is being written by process ${process.pid} on ${hostname()}; wait for it or stop it; if it no longer runs, delete ${join(folder, LOCK_FILE)}`,
  );
  lock.release();
  lockStudy(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

it('the lock of a dead process is taken over', () => {
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(folder, LOCK_FILE), JSON.stringify({ pid, host: hostname(), started: null }));
  const lock = lockStudy(folder);
  expect(JSON.parse(readFileSync(join(folder, LOCK_FILE), 'utf8'))).toMatchObject({ pid: process.pid });
  expect(readdirSync(folder)).toEqual([LOCK_FILE]);
  lock.release();
});

it('the lock of a living process is respected, and so is one of another machine', async () => {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  try {
    await once(child, 'spawn');
    writeFileSync(join(folder, LOCK_FILE), JSON.stringify({ pid: child.pid, host: hostname(), started: null }));
    expect(() => lockStudy(folder)).toThrow(`process ${child.pid} on`);
  } finally {
    child.kill('SIGKILL');
  }
  writeFileSync(join(folder, LOCK_FILE), JSON.stringify({ pid: 1, host: 'elsewhere', started: null }));
  expect(() => lockStudy(folder)).toThrow('is being written by process 1 on elsewhere');
});

it.runIf(existsSync('/proc/self/stat'))('a process id that was given to another process does not hold a lock', () => {
  const folder = temporaryFolder();
  const owner = { pid: process.pid, host: hostname(), started: 'another boot 12345' };
  writeFileSync(join(folder, LOCK_FILE), JSON.stringify(owner));
  lockStudy(folder).release();
  expect(existsSync(join(folder, LOCK_FILE))).toBe(false);
});

it('a lock that nobody can read is taken over', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, LOCK_FILE), '');
  lockStudy(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});
