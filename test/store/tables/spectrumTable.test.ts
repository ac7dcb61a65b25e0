import { expect, it } from 'vitest';
import { spectrumSchema } from '../../../src/store/schemas.ts';
import { formatCsv, parseCsv } from '../../../src/store/tables/csv.ts';
import { spectrumOfRow, spectrumTable } from '../../../src/store/tables/spectrumTable.ts';
import { spectrumAt } from '../exampleRecords.ts';

const SPECTRA = [
  spectrumAt(1),
  { ...spectrumAt(2, '=cmd("x"), "quoted"\nand two lines'), convention: null, frobenius: 1 / 3 },
  { ...spectrumAt(3, '-b'), quantiles: [0.3, 0.5], values: [0.2, 1e-7] },
];

it('a table of spectra written as CSV is read back to the last digit, whatever names hold', () => {
  const csv = formatCsv(spectrumTable(SPECTRA));
  const rows = parseCsv(csv, 'spectra.csv');
  expect(rows.map(({ row }) => spectrumSchema.parse(spectrumOfRow(row)))).toEqual(SPECTRA);
});

it('a cell is never a formula to a spreadsheet', () => {
  const csv = formatCsv(spectrumTable(SPECTRA));
  expect(csv).toContain(`"'=cmd(""x""), ""quoted""`);
  expect(csv).not.toMatch(/(^|,)"?[=@]/m);
});

it('rows may hold lists, as other tools write them', () => {
  const { schema: _, ...spectrum } = spectrumAt(5);
  const row = { ...spectrum, quantiles: JSON.stringify(spectrum.quantiles), shape: '[32, 32]', step: '5' };
  expect(spectrumSchema.parse(spectrumOfRow(row))).toEqual(spectrumAt(5));
  expect(spectrumSchema.parse(spectrumOfRow({ ...spectrum, step: 5n }))).toEqual(spectrumAt(5));
});

it('numbers that are none are refused by the schema', () => {
  const [first] = parseCsv(formatCsv(spectrumTable([spectrumAt(1)])), 'a.csv');
  const broken = spectrumOfRow({ ...first?.row, 'q0.5': 'much' });
  expect(spectrumSchema.safeParse(broken).error?.issues[0]?.path).toEqual(['values', 4]);
});

it('a header with a name twice is refused', () => {
  expect(() => parseCsv('a,b,a\n1,2,3\n', 'x.csv')).toThrow('csv: expected every column to have a name of its own');
});
