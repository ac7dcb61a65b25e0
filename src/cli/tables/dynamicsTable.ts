import { significant } from '../../base/numbers.ts';
import type { DynamicsTable } from '../../dynamics/experiment.ts';
import { formatTable } from '../terminal.ts';

/** A table of an experiment; columns that hold numbers are right-aligned. */
export function dynamicsTable({ columns, rows }: DynamicsTable, width?: number): string {
  return formatTable(
    columns.map((title, i) => ({
      title,
      align: rows.some((row) => typeof row[i] === 'number') ? 'right' : 'left',
    })),
    rows.map((row) => row.map((cell) => (typeof cell === 'number' ? significant(cell) : (cell ?? '-')))),
    { width },
  );
}
