/**
 * Laws of a study folder, or the published ones.
 *
 * What reads studies is loaded when a study is asked for: it takes longer than the published laws do.
 */
import { UsageError } from '../base/errors.ts';
import { describeSteepest } from '../scaling/comparePooled.ts';
import { forecast } from '../scaling/forecast.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { PUBLISHED, publishedLaws } from '../scaling/published/publishedLaws.ts';
import type { WindowRule } from './analyse.ts';

export interface LawsRequest {
  readonly sizeConvention: SizeConvention;
  readonly window: WindowRule;
  /** Adds each law's forecast at this size, in the size convention. */
  readonly params?: number;
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
export async function fitStudyLaws(source: string, request: LawsRequest): Promise<StudyLaws> {
  const fitted =
    source === PUBLISHED ? publishedAsAsked(request) : (await import('./studyLaws.ts')).lawsOfRecords(source, request);
  const laws = request.params === undefined ? fitted : withForecasts(fitted, request.params);
  return { laws, statements: describeSteepest(laws) };
}

function publishedAsAsked({ sizeConvention, window }: LawsRequest): LawsDocument {
  if (sizeConvention !== 'total' || window !== 'fixed')
    throw new UsageError('laws: the published laws exist for --size total and --window fixed only; leave both out');
  return publishedLaws();
}

function withForecasts(document: LawsDocument, params: number): LawsDocument {
  return {
    ...document,
    laws: document.laws.map((law) => ({ ...law, forecast: { params, ...forecast(law, params) } })),
  };
}

/** savedLaws of studyLaws.ts. */
export async function lawsToPlanWith(source: string): Promise<LawsDocument> {
  return source === PUBLISHED ? publishedLaws() : (await import('./studyLaws.ts')).savedLaws(source);
}
