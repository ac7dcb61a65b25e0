/** The report of a study folder as it is now, finished or not. */
import { UsageError } from '../base/errors.ts';
import { openStudy, readLaws, readPlan, readRuns } from '../store/studyFolder.ts';
import { trackedTrajectories } from './analyse.ts';
import { commandOf } from './commandLine.ts';
import { writeStudyReport } from './writeReport.ts';

/**
 * Writes report.html and charts/ from the records, laws and plan of a study.
 *
 * @throws UsageError if no run of the study has begun
 */
export function rewriteReport(folder: string): { readonly path: string; readonly charts: number } {
  const writer = openStudy(folder);
  try {
    const runs = readRuns(folder);
    if (runs.every(({ metrics }) => metrics.length === 0))
      throw new UsageError(
        `report: no run of ${folder} has begun; train it with muonscope study --resume --out ${folder}`,
      );
    const { path, charts } = writeStudyReport(writer, {
      runs,
      tracked: trackedTrajectories(runs),
      laws: readLaws(folder),
      plan: readPlan(folder),
      command: commandOf(writer.description),
    });
    return { path, charts };
  } finally {
    writer.close();
  }
}
