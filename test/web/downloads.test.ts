import { expect, test } from 'vitest';
import type { ChartSpec } from '../../src/report/charts/chartSpec.ts';
import { chartCsv, legendPlaces } from '../../web/src/chart/downloads.ts';

test('a legend goes on in the next line where the chart ends', () => {
  const labels = Array.from({ length: 9 }, (_, i) => `a label of some length ${i}`);
  const places = legendPlaces(labels, 640);
  expect(Math.max(...places.map(({ x }, i) => x + 19 + 7.2 * labels[i]!.length))).toBeLessThanOrEqual(628);
  expect(places.at(-1)?.line).toBeGreaterThan(1);
  expect(legendPlaces(['x'.repeat(500)], 640)).toEqual([{ x: 12, line: 0 }]);
});

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
  expect(chartCsv({ spec, isShown: () => true, mark: null }).split('\r\n')).toEqual([
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
