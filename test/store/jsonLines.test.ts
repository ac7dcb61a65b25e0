import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { MuonscopeError } from '../../src/base/errors.ts';
import { type JsonLines, readJsonLines } from '../../src/store/jsonLines.ts';
import { metricsSchema, SPECTRUM_SCHEMA, spectrumSchema } from '../../src/store/schemas.ts';
import type { MetricsRecord } from '../../src/store/study.ts';
import { metricsAt, spectrumAt, temporaryFolder } from './exampleRecords.ts';

const lines = [1, 2, 3].map((step) => `${JSON.stringify(metricsAt(step))}\n`);

function read(contents: string | Uint8Array): JsonLines<MetricsRecord> {
  const folder = temporaryFolder();
  const path = join(folder, 'metrics.jsonl');
  writeFileSync(path, contents);
  return readJsonLines(path, metricsSchema, null, folder);
}

describe('JSON lines', () => {
  it('give back their records and where each line ends', () => {
    const { records, ends, cut } = read(lines.join(''));
    expect(records).toEqual([metricsAt(1), metricsAt(2), metricsAt(3)]);
    expect(ends.at(-1)).toBe(lines.join('').length);
    expect(cut).toBeNull();
  });

  it('a missing file has no records', () => {
    const folder = temporaryFolder();
    expect(readJsonLines(join(folder, 'none'), metricsSchema, null, folder)).toEqual({
      records: [],
      ends: [],
      cut: null,
    });
  });

  it('cut anywhere, the whole lines are kept and the last part is reported', () => {
    const text = lines.join('');
    for (let length = 0; length <= text.length; length++) {
      const { records, cut } = read(text.slice(0, length));
      const whole = text.slice(0, length).split('\n').length - 1;
      const rest = length - lines.slice(0, whole).join('').length;
      expect(records.length).toBe(whole);
      expect(cut).toEqual(rest === 0 ? null : { file: 'metrics.jsonl', line: whole + 1, bytes: rest });
    }
  });

  it('keep the unknown fields of a later writer', () => {
    expect(read(`${JSON.stringify({ ...metricsAt(1), temperature: 3 })}\n`).records[0]).toHaveProperty(
      'temperature',
      3,
    );
  });

  test.each([
    ['no JSON', 'oops\n', 'line 2: expected a JSON record, got something else'],
    ['an empty line', '\n', 'line 2: expected a JSON record'],
    ['a missing field', `${JSON.stringify({ step: 2 })}\n`, 'line 2: loss: expected number, received undefined'],
    ['another type', lines[1]!.replace('0.25', '"0.25"'), 'line 2: seconds: expected number, received string'],
    ['a list', '[]\n', 'line 2: expected object, received array'],
  ])('with %s in the middle are refused with the line', (_, line, message) => {
    expect(() => read(lines[0] + line + lines[2])).toThrow(message);
    expect(() => read(lines[0] + line + lines[2])).toThrow('restore it, or start again in another --out');
  });

  it('that are not UTF-8 are refused with the line', () => {
    expect(() => read(Buffer.concat([Buffer.from(lines[0]!), Buffer.from([0xff, 0x0a])]))).toThrow(
      'line 2: expected UTF-8 text, got other bytes',
    );
  });

  it('altered anywhere, they are read or refused with a tagged error', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'spectra.jsonl');
    const whole = Buffer.from([1, 2, 3].map((step) => `${JSON.stringify(spectrumAt(step))}\n`).join(''));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (index, byte, length) => {
        const bytes = Buffer.from(whole);
        bytes[index] = byte;
        writeFileSync(path, bytes.subarray(0, length));
        try {
          readJsonLines(path, spectrumSchema, SPECTRUM_SCHEMA, folder);
        } catch (error) {
          if (!(error instanceof MuonscopeError)) throw error;
          expect(error.message).toMatch(/spectra\.jsonl( line [123])?: /);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('a spectrum record', () => {
  const reading = (change: object) => (): unknown => {
    const folder = temporaryFolder();
    const path = join(folder, 'spectra.jsonl');
    writeFileSync(path, `${JSON.stringify({ ...spectrumAt(1), ...change })}\n`);
    return readJsonLines(path, spectrumSchema, SPECTRUM_SCHEMA, folder);
  };

  test.each([
    [
      'a later version',
      { schema: 'muonscope.spectrum/2' },
      'written as "muonscope.spectrum/2", this version of muonscope reads muonscope.spectrum/1',
    ],
    ['another kind', { schema: 'muonscope.run/1' }, 'expected schema muonscope.spectrum/1, got "muonscope.run/1"'],
    ['no schema', { schema: undefined }, 'expected schema muonscope.spectrum/1, got nothing'],
    ['fewer values than quantiles', { values: [0.1] }, 'values: expected as many values as quantiles'],
    ['growing values', { values: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, 'values: expected values that do not grow'],
    ['a depth of 0', { depth: 0 }, 'depth: '],
    ['a stage nobody knows', { stage: 'late' }, 'stage: '],
  ])('of %s is refused', (_, change, message) => {
    expect(reading(change)).toThrow(message);
  });
});
