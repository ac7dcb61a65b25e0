/** Training metrics of several runs as a table: a row a step. */

import type { MetricsRecord } from '../study.ts';
import type { TrainedRunRecords } from '../trainedRun.ts';
import type { ColumnType, TableColumn } from './table.ts';

const FIELDS: readonly (readonly [keyof MetricsRecord, ColumnType])[] = [
  ['step', 'count'],
  ['loss', 'number'],
  ['validationLoss', 'number'],
  ['lr', 'number'],
  ['tokens', 'count'],
  ['seconds', 'number'],
  ['gradientSeconds', 'number'],
  ['trackingSeconds', 'number'],
];

export function metricsTable(runs: readonly TrainedRunRecords[]): readonly TableColumn[] {
  const rows = runs.flatMap(({ description, metrics }) => metrics.map((record) => ({ description, record })));
  return [
    { name: 'run', type: 'text', values: rows.map(({ description }) => description.run) },
    { name: 'params', type: 'count', values: rows.map(({ description }) => description.params) },
    ...FIELDS.map(([name, type]): TableColumn => ({ name, type, values: rows.map(({ record }) => record[name]) })),
  ];
}
