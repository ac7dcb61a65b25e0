/** Laws of a study folder, or the published ones. */
import { StudyError, UsageError } from '../base/errors.ts';
import { describeSteepest } from '../scaling/comparePooled.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { publishedLaws } from '../scaling/published/publishedLaws.ts';
import { hasObservedRuns, readLaws, readRuns, readStudy } from '../store/studyFolder.ts';
import { lawsOf, trackedTrajectories, type WindowRule } from './analyse.ts';

/** Name under which the laws of arXiv:2606.04058 are asked for. */
export const PUBLISHED = 'published';

export interface LawsRequest {
  readonly sizeConvention: SizeConvention;
  readonly window: WindowRule;
}

/** Laws, and what they say in sentences. */
export interface StudyLaws {
  readonly laws: LawsDocument;
  readonly statements: readonly string[];
}

/**
 * Fits the laws of a study anew from its records, or the published ones.
 *
 * @throws StudyError if `source` holds no study
 * @throws UsageError if it holds spectra of fewer than two sizes, or asks the published laws for what they do not have
 */
export function fitStudyLaws(source: string, request: LawsRequest): StudyLaws {
  const laws = source === PUBLISHED ? publishedAsAsked(request) : lawsOfRecords(source, request);
  return { laws, statements: describeSteepest(laws) };
}

function publishedAsAsked({ sizeConvention, window }: LawsRequest): LawsDocument {
  if (sizeConvention !== 'total' || window !== 'fixed')
    throw new UsageError('laws: the published laws exist for --size total and --window fixed only; leave both out');
  return publishedLaws();
}

function lawsOfRecords(source: string, { sizeConvention, window }: LawsRequest): LawsDocument {
  const { seed } = readStudy(source);
  const runs = readRuns(source);
  return lawsOf(runs, trackedTrajectories(runs), { source: `study ${source}`, sizeConvention, window, seed });
}

/**
 * Laws to plan with: the published ones, those that a trained study has saved, or, where runs were observed, whose
 * records grow at any time, those of the records as they are now.
 *
 * @throws StudyError if the study has no laws yet
 * @throws UsageError if observed runs are of fewer than two sizes
 */
export function lawsToPlanWith(source: string): LawsDocument {
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
