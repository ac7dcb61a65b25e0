/** Losses of a run that may still grow. */

import { existsSync, statSync } from 'node:fs';
import { LOG_START, type LogPosition, readNewLines } from '../store/growingLog.ts';
import type { LogEntry } from '../store/logFile.ts';
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
  let damagedLines = 0;
  let position: LogPosition = LOG_START;
  const take = (entries: readonly LogEntry[]): void => {
    for (const entry of entries) {
      const parsed = entry.kind === 'record' ? metricsSchema.safeParse(entry.record) : null;
      if (parsed?.success) records.push(parsed.data);
      else damagedLines++;
    }
  };
  const grow = (): boolean => {
    if (!existsSync(path) || statSync(path).size === position.byte) return false;
    let hasGrown = false;
    for (let hasMore = true; hasMore; ) {
      const news = readNewLines(path, position);
      if (news.isBegunAnew) [records, damagedLines] = [[], 0]; // cut off by a run that resumed
      take(news.entries);
      hasGrown ||= news.isBegunAnew || news.entries.length > 0;
      ({ position, hasMore } = news);
    }
    return hasGrown;
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
