/** Laws of a study folder: fitted anew from its records, or as it has saved them. */
import { StudyError } from '../base/errors.ts';
import type { LawsDocument } from '../scaling/law.ts';
import { PUBLISHED, publishedLaws } from '../scaling/published/publishedLaws.ts';
import { hasObservedRuns, readLaws, readRuns, readStudy } from '../store/studyFolder.ts';
import { type LawChoices, lawsOf, trackedTrajectories } from './analyse.ts';

/**
 * @throws StudyError if `folder` holds no study
 * @throws UsageError if it holds spectra of fewer than two sizes
 */
export function lawsOfRecords(folder: string, choices: Pick<LawChoices, 'sizeConvention' | 'window'>): LawsDocument {
  const { seed } = readStudy(folder);
  const runs = readRuns(folder);
  return lawsOf(runs, trackedTrajectories(runs), { ...choices, source: `study ${folder}`, seed });
}

/**
 * Laws to plan with: the published ones, those that a trained study has saved, or, where runs were observed, whose
 * records grow at any time, those of the records as they are now.
 *
 * @throws StudyError if there is no study, or it has no laws yet
 * @throws UsageError if observed runs are of fewer than two sizes
 */
export function savedLaws(source: string): LawsDocument {
  if (source === PUBLISHED) return publishedLaws();
  readStudy(source);
  if (hasObservedRuns(source)) return lawsOfRecords(source, { sizeConvention: 'total', window: 'fixed' });
  const laws = readLaws(source);
  if (!laws)
    throw new StudyError(
      `study: ${source} has no laws yet; finish it with muonscope study --resume --out ${source}`,
      source,
    );
  return laws;
}
