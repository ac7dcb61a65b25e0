/** What a resume's arguments say of the study it goes on with. */
import { StudyError } from '../base/errors.ts';
import type { TrainedStudy } from '../store/study.ts';
import { requireSameStudy } from '../store/studyFolder.ts';
import { type Rung, SINGLE_RUN } from './presets.ts';

/** Some fields of a record, at any depth. */
export type PartOf<T> = T extends object ? { readonly [K in keyof T]?: PartOf<T[K]> } : T;

/** Only what was given; a study that differs in it is another study. */
export interface Expectation extends Partial<Pick<TrainedStudy, 'preset' | 'seed' | 'text' | 'target'>> {
  readonly sizes?: readonly Rung[];
  /** Of every rung. */
  readonly every?: number;
  /** Of every rung. */
  readonly config?: PartOf<TrainedStudy['ladder'][number]['config']>;
}

/** @throws StudyError naming the first field in which the study in `folder` is not as expected */
export function requireExpected(
  folder: string,
  { ladder }: TrainedStudy,
  { sizes, every, config = {}, ...fields }: Expectation,
): void {
  const everyRung = { ...(every === undefined ? {} : { every }), config };
  const rungs = sizes
    ? sizes.map((size) => ({ ...everyRung, config: { ...config, model: { ...config.model, ...size } } }))
    : ladder.map(() => everyRung);
  requireSameStudy(folder, { ...fields, ladder: rungs });
}

/** @throws StudyError naming the other command if the folder was made by it */
export function requireCommand(folder: string, { preset }: TrainedStudy, command: 'study' | 'train'): void {
  const maker = preset === SINGLE_RUN.name ? 'train' : 'study';
  if (maker !== command)
    throw new StudyError(
      `study: ${folder} was made with muonscope ${maker}; go on with: muonscope ${maker} --resume --out ${folder}`,
      folder,
    );
}
