/** The report of a study folder as it is now, finished or not. */
import { UsageError } from '../base/errors.ts';
import { openStudy, readLaws, readPlan, readRuns, type StudyWriter } from '../store/studyFolder.ts';
import { trackedTrajectories } from './analyse.ts';
import { commandOf } from './commandLine.ts';
import { writeStudyReport } from './writeReport.ts';

/** Where a report was written, and how many charts stand beside it. */
export interface RewrittenReport {
  readonly path: string;
  readonly charts: number;
}

/**
 * Writes report.html and charts/ from the records, laws, plan and random matrices of a study.
 *
 * @throws UsageError if no run of the study has begun
 */
export function rewriteReport(folder: string): RewrittenReport {
  const writer = openStudy(folder);
  try {
    const report = rewriteReportOf(writer);
    if (report === null)
      throw new UsageError(
        `report: no run of ${folder} has begun; train it with muonscope study --resume --out ${folder}`,
      );
    return report;
  } finally {
    writer.close();
  }
}

/** {@link rewriteReport} of a study that is open; null if no run has begun. */
export function rewriteReportOf(writer: StudyWriter): RewrittenReport | null {
  const { folder, description } = writer;
  const runs = readRuns(folder);
  if (runs.every(({ metrics }) => metrics.length === 0)) return null;
  const { path, charts } = writeStudyReport(writer, {
    runs,
    tracked: trackedTrajectories(runs),
    laws: readLaws(folder),
    plan: readPlan(folder),
    command: commandOf(description),
  });
  return { path, charts };
}
