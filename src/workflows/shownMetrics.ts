/** Losses of a run that may still grow. */

import { existsSync, statSync } from 'node:fs';
import { LOG_START, type LogPosition, readNewLines } from '../store/growingLog.ts';
import { metricsSchema } from '../store/schemas.ts';
import type { MetricsRecord } from '../store/study.ts';
import { thinByPixel } from '../store/thinColumns.ts';
import type { PageMetrics } from './pageData.ts';

/** Records that grow with their file. */
export interface GrowingMetrics {
  /** Reads what is new. @returns whether there was anything */
  grow(): boolean;
  /** The lowest and highest loss of every column of pixels, and every record with a validation loss. */
  thinned(run: string, columns: number): PageMetrics;
}

/** @param path of a metrics.jsonl, which need not exist */
export function openMetrics(path: string): GrowingMetrics {
  let records: MetricsRecord[] = [];
  let position: LogPosition = LOG_START;
  const grow = (): boolean => {
    if (!existsSync(path) || statSync(path).size === position.byte) return false;
    let hasGrown = false;
    for (let hasMore = true; hasMore; ) {
      const news = readNewLines(path, position);
      if (news.isBegunAnew) records = []; // cut off by a run that resumed
      const before = records.length;
      for (const entry of news.entries) {
        const parsed = entry.kind === 'record' ? metricsSchema.safeParse(entry.record) : null;
        if (parsed?.success) records.push(parsed.data);
      }
      hasGrown ||= records.length > before;
      ({ position, hasMore } = news);
    }
    return hasGrown;
  };
  return {
    grow,
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
