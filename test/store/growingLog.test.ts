import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOG_START, type LogPosition, readNewLines } from '../../src/store/growingLog.ts';
import type { LogEntry } from '../../src/store/logFile.ts';
import { spectrumAt, temporaryFolder } from './exampleRecords.ts';

const LINES = [1, 2, 3].map((step) => `${JSON.stringify(spectrumAt(step))}\n`);

function fileWith(contents: string): string {
  const path = join(temporaryFolder(), 'log.jsonl');
  writeFileSync(path, contents);
  return path;
}

function told(entries: readonly LogEntry[]): readonly string[] {
  return entries.map((entry) => `${entry.kind} ${entry.line}`);
}

/** All there is, in as many goes as it takes. */
function readOn(path: string, position: LogPosition, options: { portion: number; longestLine: number }) {
  const entries: LogEntry[] = [];
  let goes = 0;
  for (let hasMore = true; hasMore; goes++) {
    const news = readNewLines(path, position, options);
    entries.push(...news.entries);
    ({ position, hasMore } = news);
  }
  return { entries, position, goes };
}

describe('lines that come while a job runs', () => {
  it('are read once, whole ones only, and counted from the beginning of the file', () => {
    const path = fileWith(LINES[0]! + LINES[1]!.slice(0, 50));
    const first = readNewLines(path, LOG_START);
    expect(told(first.entries)).toEqual(['record 1']);
    expect(readNewLines(path, first.position)).toMatchObject({ entries: [], position: first.position });
    appendFileSync(path, `${LINES[1]!.slice(50)}\n{"cut\n${LINES[2]}`);
    const second = readNewLines(path, first.position);
    expect(told(second.entries)).toEqual(['record 2', 'cut 4', 'record 5']);
    expect(second.position.byte).toBe(readFileSync(path).length);
  });

  it('are read from the beginning where the file was begun anew, shorter or longer than before', () => {
    const path = fileWith(LINES[0]! + LINES[1]!);
    const { position } = readNewLines(path, LOG_START);
    for (const contents of [LINES[2]!, LINES[2]! + LINES[2]! + LINES[0]!]) {
      writeFileSync(path, contents);
      const news = readNewLines(path, position);
      expect(news.isBegunAnew).toBe(true);
      expect(told(news.entries)[0]).toBe('record 1');
    }
  });

  it('are read in parts, with a line too long to be a record told once and passed over', () => {
    const path = fileWith(LINES.join('') + 'x'.repeat(20_000));
    const options = { portion: 3000, longestLine: 2000 };
    const first = readOn(path, LOG_START, options);
    expect(told(first.entries)).toEqual(['record 1', 'record 2', 'record 3', 'cut 4']);
    expect(first.goes).toBeGreaterThan(5);
    appendFileSync(path, `${'x'.repeat(20_000)}\n${LINES[0]}`);
    expect(told(readOn(path, first.position, options).entries)).toEqual(['record 5']);
  });
});
