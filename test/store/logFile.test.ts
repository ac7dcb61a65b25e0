import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type LogEntry, logFormat, readLog } from '../../src/store/logFile.ts';
import { formatCsv } from '../../src/store/tables/csv.ts';
import { formatParquet } from '../../src/store/tables/parquet.ts';
import { spectrumTable } from '../../src/store/tables/spectrumTable.ts';
import { spectrumAt, temporaryFolder } from './exampleRecords.ts';

const SPECTRA = [1, 2, 3].map((step) => spectrumAt(step));
const LINES = SPECTRA.map((spectrum) => `${JSON.stringify(spectrum)}\n`);

function fileWith(contents: string | Uint8Array): string {
  const path = join(temporaryFolder(), 'log');
  writeFileSync(path, contents);
  return path;
}

async function entriesOf(path: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of readLog(path, logFormat(path))) entries.push(entry);
  return entries;
}

describe('a log', () => {
  it('is JSON lines, CSV or Parquet by its content, and gives the same records', async () => {
    const files = [LINES.join(''), formatCsv(spectrumTable(SPECTRA)), await formatParquet(spectrumTable(SPECTRA))];
    const paths = files.map(fileWith);
    expect(paths.map(logFormat)).toEqual(['jsonl', 'csv', 'parquet']);
    for (const path of paths) {
      const entries = await entriesOf(path);
      expect(entries.map((entry) => entry.kind === 'record' && entry.record)).toEqual(SPECTRA);
    }
  });

  it('may be cut off in its last line, or in the middle where a killed job went on', async () => {
    const half = LINES[1]!.slice(0, 100);
    const path = fileWith(`${LINES[0]}${half}\n${LINES[2]}${half}`);
    expect((await entriesOf(path)).map(({ kind, line }) => `${kind} ${line}`)).toEqual([
      'record 1',
      'cut 2',
      'record 3',
      'cut 4',
    ]);
    const csv = formatCsv(spectrumTable(SPECTRA));
    const rows = await entriesOf(fileWith(csv.slice(0, -60)));
    expect(rows.map(({ kind }) => kind)).toEqual(['record', 'record', 'cut']);
  });

  it('may lack its last newline, begin with a mark, have empty lines or other line ends', async () => {
    const path = fileWith(`\ufeff${LINES.join('\n').replaceAll('\n', '\r\n').trimEnd()}`);
    expect((await entriesOf(path)).map(({ kind }) => kind)).toEqual(['record', 'record', 'record']);
  });

  it('may hold numbers that are not finite, as Python, NumPy and Parquet write them', async () => {
    const [name, values] = ['NaN "Infinity"', [Number.POSITIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY]];
    const spectra = [{ ...spectrumAt(1), name, quantiles: [0.1, 0.5, 0.9], values }];
    const python = JSON.stringify({ ...spectra[0], values: 0 }).replace(
      '"values":0',
      '"values":[Infinity, NaN, -Infinity]',
    );
    const csv = formatCsv(spectrumTable(spectra)).replace('NaN,-Infinity', 'nan,-inf');
    const paths = [python, csv, await formatParquet(spectrumTable(spectra))].map(fileWith);
    for (const path of paths) expect(await entriesOf(path)).toMatchObject([{ record: { name, values } }]);
    const [broken] = await entriesOf(fileWith(`${LINES[0]}{"values": [NaN`)).then((entries) => entries.slice(1));
    expect(broken).toEqual({ kind: 'cut', line: 2 });
  });

  it('is refused if it is something else, empty, missing or a folder', () => {
    for (const contents of ['just text', '\0\0\0\0', '[1, 2]', 'a,b\n1,2\n'])
      expect(() => logFormat(fileWith(contents))).toThrow(
        'expected spectra as JSON lines, CSV or Parquet, got something',
      );
    expect(() => logFormat(fileWith(''))).toThrow('got an empty file');
    expect(() => logFormat(fileWith(gzipSync(LINES.join(''))))).toThrow('got a gzip file; unpack it first');
    const pipe = join(temporaryFolder(), 'pipe');
    if (spawnSync('mkfifo', [pipe]).status === 0)
      expect(() => logFormat(pipe)).toThrow('expected a file, got a pipe or device');
    expect(() => logFormat('/nowhere/log')).toThrow('/nowhere/log: there is no such file; check the path');
    expect(() => logFormat(temporaryFolder())).toThrow('expected a file, got a folder');
  });

  it('with a line longer than any record is refused', async () => {
    await expect(entriesOf(fileWith(`{"a": "${'x'.repeat(2 ** 21)}`))).rejects.toThrow(
      'line 1: expected a record of at most',
    );
  });
});
