import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
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

  test('take records that come late into their places, wherever and however often the columns are asked for', () => {
    const step = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 30 }), { maxLength: 6 }), (looks) => {
        const path = join(mkdtempSync(join(tmpdir(), 'columns-')), 'spectra.jsonl');
        const columns = openSpectraColumns(path);
        const outlierShares = new Map<number, number>(); // by step, of the last record
        for (const [look, steps] of looks.entries()) {
          const records = steps.map((at, i) => ({ ...JSON.parse(line(at)), outlierShare: look + i / 64 }));
          for (const { step: at, outlierShare } of records) outlierShares.set(at, outlierShare);
          appendFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
          columns.grow(forever);
          if (outlierShares.size === 0) continue;
          const { count, steps: found, measures } = columns.columns(0);
          const wanted = [...outlierShares].sort(([a], [b]) => a - b);
          expect(count).toBe(wanted.length);
          expect([...found].map((at, i) => [at, measures.outlierShare[i]])).toEqual(wanted);
        }
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  test('move nothing before the place of a record that comes late, and take no other memory', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'columns-')), 'spectra.jsonl');
    writeFileSync(path, Array.from({ length: 100 }, (_, i) => line(10 * i)).join(''));
    const columns = openSpectraColumns(path);
    columns.grow(forever);
    const before = columns.columns(0);
    before.steps[3] = 31; // would be seen, were the series sorted anew into other columns
    appendFileSync(path, line(985));
    columns.grow(forever);
    const { steps, values } = columns.columns(0);
    expect(steps.buffer).toBe(before.steps.buffer);
    expect(values.map(({ buffer }) => buffer)).toEqual(before.values.map(({ buffer }) => buffer));
    expect([steps[3], ...steps.slice(-3)]).toEqual([31, 980, 985, 990]);
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
