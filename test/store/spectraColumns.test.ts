import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSpectraColumns } from '../../src/store/spectraColumns.ts';
import { thinByPixel } from '../../src/store/thinColumns.ts';
import { spectrumText } from '../server/smallStudy.ts';

const forever = Number.POSITIVE_INFINITY;
const line = (step: number): string => spectrumText('a', 10, 0, 1, 'attn.q', step);

describe('columns', () => {
  test('hold what the lines say, by step, the last of a step', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'columns-')), 'spectra.jsonl');
    writeFileSync(path, line(20) + line(10) + line(20) + line(30));
    const columns = openSpectraColumns(path);
    expect(columns.grow(forever)).toBe(false);
    const { steps, values, measures, quantiles } = columns.columns(0);
    expect([...steps]).toEqual([10, 20, 30]);
    expect(values[quantiles.indexOf(0.5)]?.[0]).toBe(Math.fround(JSON.parse(line(10)).values[4]));
    expect([...measures.outlierShare]).toEqual([0.25, 0.25, 0.25]);
  });

  test('wait for the end of a line, grow with the file, and begin anew where it was cut', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'columns-')), 'spectra.jsonl');
    const columns = openSpectraColumns(path);
    expect([columns.grow(forever), columns.records]).toEqual([false, 0]);
    writeFileSync(path, line(10) + line(20).slice(0, 100));
    columns.grow(forever);
    expect(columns.records).toBe(1);
    appendFileSync(path, line(20).slice(100));
    columns.grow(forever);
    expect([...columns.columns(0).steps]).toEqual([10, 20]);
    writeFileSync(path, line(5));
    columns.grow(forever);
    expect([...columns.columns(0).steps]).toEqual([5]);
  });

  test('name damaged lines and go on', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'columns-')), 'spectra.jsonl');
    writeFileSync(path, `${line(10)}nonsense\n{"step":1}\n${line(20)}`);
    const columns = openSpectraColumns(path);
    columns.grow(forever);
    expect([columns.records, columns.damaged.map(({ line }) => line)]).toEqual([2, [2, 3]]);
  });
});

test('thinning keeps the ends and the extremes of every column of pixels', () => {
  const n = 5000;
  const steps = Array.from({ length: n }, (_, i) => i * 3);
  const values = steps.map((s) => Math.sin(s * 1.7) * Math.cos(s / 900));
  const kept = thinByPixel(steps, values, 50);
  expect(kept.length).toBeLessThanOrEqual(102);
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
  expect([kept[0], kept.at(-1)]).toEqual([0, n - 1]);
  const width = (steps[n - 1] ?? 0) / 50;
  for (let column = 0; column < 50; column++) {
    const inside = [...steps.keys()].filter((i) => i > 0 && i < n - 1 && Math.floor(steps[i]! / width) === column);
    for (const extreme of [Math.min, Math.max]) {
      const wanted = extreme(...inside.map((i) => values[i]!));
      expect(inside.filter((i) => kept.includes(i)).map((i) => values[i])).toContain(wanted);
    }
  }
});
