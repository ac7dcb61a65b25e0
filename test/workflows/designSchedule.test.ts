import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/errors.ts';
import { nsSchema } from '../../src/store/documentSchemas.ts';
import { designOnInterval, designOnSpectrum } from '../../src/workflows/designSchedule.ts';
import { showSchedules } from '../../src/workflows/showSchedules.ts';
import { parseSpectrum, readSpectrumFile } from '../../src/workflows/spectrumFile.ts';

const finalO = { laws: 'published', role: 'attn.o', depth: 1, params: 300e9 };
const options = { objective: 'floor', quantile: 0.5, precision: 'bf16', bound: 1.3 } as const;

const onInterval = (lower: number, size: number, precision: 'float32' | 'bf16') =>
  designOnInterval({ lower, size, precision, room: {} });

describe('ns design', () => {
  test('gives a document of schema muonscope.ns/1 that says what was designed for, and the rival', () => {
    const document = designOnSpectrum(finalO, 15, options);
    expect(nsSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    const [record] = document.schedules;
    expect(record!.products).toBe(15);
    expect(record!.design!.value).toBeGreaterThan(record!.design!.rival!.value);
    expect(record!.rounded!.outputs.map(({ quantile }) => quantile)).toEqual([0.1, 0.25, 0.5, 0.75, 0.9]);
  });

  test('on an interval fills the products with quintics, and cubics where some are left over', () => {
    const kinds = (products: number): readonly boolean[] =>
      onInterval(1e-3, products, 'float32').schedules[0]!.coefficients.map(([, , c]) => c === 0);
    expect(kinds(6)).toEqual([false, false]);
    expect(kinds(5)).toEqual([false, true]);
    expect(kinds(7)).toEqual([false, true, true]);
    expect(() => onInterval(1e-3, 1, 'float32')).toThrow('ns design: --products must be at least 2, got 1');
  });

  test('on an interval leaves room for rounding in bf16', () => {
    const slope = (precision: 'bf16' | 'float32'): number => onInterval(1e-4, 15, precision).schedules[0]!.slopeAtZero;
    expect(slope('bf16')).toBeLessThan(slope('float32'));
  });
});

describe('ns show with a precision', () => {
  test('adds the predicted outputs, and none to a schedule the model does not know', () => {
    const document = showSchedules(['deepseek-v4', 'aol'], { rounding: { precision: 'bf16', spectrum: finalO } });
    expect(nsSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    const [deepseek, aol] = document.schedules;
    const deepest = deepseek!.rounded!.outputs.at(-1)!;
    expect(deepest.output).toBeLessThan(deepest.exact);
    expect(aol!.rounded).toBeUndefined();
  });
});

describe('a spectrum file', () => {
  const read = (text: string) => parseSpectrum(text, 's.txt');

  test('may be numbers, a JSON list, or a record with quantiles', () => {
    expect(read('3 4e-1,\n 0.1\n').rows).toBe(3);
    expect(read('[4, 3]').values).toEqual([0.8, 0.6]);
    expect(read('{"values": [4, 3], "shape": [2, 9]}').columns).toBe(9);
    const record = '{"quantiles": [0.1, 0.5], "values": [0.1, 0.01], "shape": [8, 9], "outlierShare": 0.5, "step": 3}';
    expect(read(record)).toEqual({
      quantiles: [0.1, 0.5],
      values: [0.1, 0.01],
      rows: 8,
      columns: 9,
      outlierShare: 0.5,
    });
  });

  test.each([
    ['1 2', 's.txt: spectrum: values must descend, got 1 before 2; sort them from large to small'],
    ['2 -1', 's.txt: spectrum: value 2 is -1; singular values are finite and not negative'],
    ['2 nan', 's.txt: spectrum: value 2 is NaN; singular values are finite and not negative'],
    ['', 'spectrum: s.txt holds no numbers; give all singular values'],
    ['0 0', 's.txt: spectrum: all singular values are zero; there is nothing to orthonormalise'],
    ['[1, "x"]', 'spectrum: s.txt needs a list of numbers, largest first, got "x" in it'],
    ['{"values": [1', 'spectrum: s.txt is no JSON; it is cut off or damaged'],
    ['{"values": [1]}\n{"values": [1]}', 'spectrum: s.txt holds several records; give a file with one'],
    ['{"values": [0.1], "quantiles": [0.5]}', 'spectrum: s.txt gives quantiles but no "shape"'],
    ['{"values": [0.1, 0.2], "quantiles": [0.5, 0.6], "shape": [2, 2]}', 'values must descend, got 0.1 before 0.2'],
  ])('%j is refused: %s', (text, message) => {
    expect(() => read(text)).toThrow(FormatError);
    expect(() => read(text)).toThrow(message);
  });

  test('that does not exist is named', () => {
    expect(() => readSpectrumFile('no/such/file')).toThrow(
      'spectrum: "no/such/file" cannot be read (ENOENT); give a file with singular values',
    );
  });
});
