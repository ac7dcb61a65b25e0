import { expect, test } from 'vitest';
import type { ChartSpec } from '../../src/report/charts/chartSpec.ts';
import { chartCsv } from '../../web/src/chart/downloads.ts';

test('CSV holds no text that a spreadsheet takes for a formula; numbers stay numbers', () => {
  const rows = [
    ['=1+1', -2],
    ['+x', 1],
    ['-x', 1],
    ['@x', 1],
    ['\tx', 1],
    ['fine', 1],
  ];
  const spec = { table: { columns: ['=name', 'value'], rows: () => rows } } as unknown as ChartSpec; // the table alone is read
  expect(chartCsv(spec, () => true).split('\r\n')).toEqual([
    "'=name,value",
    "'=1+1,-2",
    "'+x,1",
    "'-x,1",
    "'@x,1",
    "'\tx,1",
    'fine,1',
    '',
  ]);
});
