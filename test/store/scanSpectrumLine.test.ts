import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layoutOf, lineScanner, numberSlot } from '../../src/store/scanSpectrumLine.ts';
import { spectrumText } from '../server/smallStudy.ts';

const text = spectrumText('run-0', 1e6, 0, 3, 'attn.q', 10).trimEnd();
const scan = lineScanner(layoutOf(JSON.parse(text))!);
const scanText = (line: string) => scan(Buffer.from(line), 0, Buffer.byteLength(line));

test('a scanned line says what JSON.parse says', () => {
  const record = JSON.parse(text);
  const line = scanText(text)!;
  expect(line.texts).toEqual([record.name, record.role, record.stage]);
  expect(line.lists.slice(0, 2)).toEqual([record.shape, record.quantiles]);
  // 17 digits: at most 4 ulp apart
  for (const [i, value] of line.lists[2]!.entries())
    expect(Math.abs(value / record.values[i] - 1)).toBeLessThanOrEqual(4 * Number.EPSILON);
  expect(line.numbers[numberSlot('step')]).toBe(10);
});

test('any finite number is read to 4 ulp, and integers exactly', () => {
  const at = numberSlot('spectral');
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-300, max: 1e300 }), (value) => {
      const line = scanText(text.replace('"spectral":0.5', `"spectral":${JSON.stringify(value)}`));
      expect(Math.abs(line!.numbers[at]! / value - 1)).toBeLessThanOrEqual(4 * Number.EPSILON);
    }),
  );
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const line = scanText(text.replace('"step":10', `"step":${value}`));
      expect(line!.numbers[numberSlot('step')]! === value).toBe(true);
    }),
  );
});

test.each([
  ['cut off', text.slice(0, -1)],
  ['cut off within a number', text.slice(0, 200)],
  ['followed by more', `${text}x`],
  ['with an escape', text.replace('layers.0', 'layers\\u002e0')],
  ['with white space', text.replace(':', ': ')],
  ['with another field', text.replace('"step"', '"other":1,"step"')],
  ['with text for a number', text.replace('"step":10', '"step":"10"')],
  ['with null for a number', text.replace('"step":10', '"step":null')],
  ['with a number beyond float64', text.replace('"spectral":0.5', '"spectral":1e999')],
  ['with other letters', text.replace('layers.0', 'läyers.0')],
])('leaves a line %s to JSON.parse', (_, line) => expect(scanText(line)).toBeNull());

test('no layout is learnt from a record that lacks a field or nests', () => {
  const { step, ...rest } = JSON.parse(text);
  expect(step).toBe(10);
  expect(layoutOf(rest)).toBeNull();
  expect(layoutOf({ ...JSON.parse(text), more: {} })).toBeNull();
});
