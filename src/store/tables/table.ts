/** A table as CSV and Parquet hold it: named columns of one type, rows in order. */

/** count: an integer that a double holds exactly. */
export type ColumnType = 'text' | 'count' | 'number';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** As many as there are rows; null where a row has no value. */
  readonly values: readonly (string | number | null)[];
}

/** A row as it is read: text from CSV, other types from Parquet. */
export type TableRow = Readonly<Record<string, unknown>>;
