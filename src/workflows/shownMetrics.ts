/** Losses of a run that may still grow. */

import { existsSync, statSync } from 'node:fs';
import { readNewLines } from '../store/logFile.ts';
import { metricsSchema } from '../store/schemas.ts';
import type { MetricsRecord } from '../store/study.ts';
import { thinByPixel } from '../store/thinColumns.ts';
import type { PageMetrics } from './pageData.ts';

/** Records that grow with their file. */
export interface GrowingMetrics {
  /** Reads what is new. @returns whether there was anything */
  grow(): boolean;
  /** Lines that hold no step. */
  readonly damagedLines: number;
  /** The lowest and highest loss of every column of pixels, and every record with a validation loss. */
  thinned(run: string, columns: number): Omit<PageMetrics, 'damaged'>;
}

/** @param path of a metrics.jsonl, which need not exist */
export function openMetrics(path: string): GrowingMetrics {
  let records: MetricsRecord[] = [];
  let end = 0;
  let damagedLines = 0;
  const grow = (): boolean => {
    if (!existsSync(path)) return false;
    const { size } = statSync(path);
    if (size < end) [records, end, damagedLines] = [[], 0, 0]; // cut off by a run that resumed
    if (size === end) return false;
    const { entries, end: next } = readNewLines(path, end);
    const before = records.length + damagedLines;
    for (const entry of entries) {
      const parsed = entry.kind === 'record' ? metricsSchema.safeParse(entry.record) : null;
      if (parsed?.success) records.push(parsed.data);
      else damagedLines++;
    }
    end = next;
    return records.length + damagedLines !== before;
  };
  return {
    grow,
    get damagedLines() {
      return damagedLines;
    },
    thinned: (run, columns) => {
      const kept = thinByPixel(
        records.map(({ step }) => step),
        records.map(({ loss }) => loss),
        columns,
      );
      const validated = records.flatMap(({ validationLoss }, i) => (validationLoss === null ? [] : [i]));
      const rows = [...new Set([...kept, ...validated])].sort((a, b) => a - b);
      return { run, records: records.length, metrics: rows.map((i) => records[i]!) };
    },
  };
}
