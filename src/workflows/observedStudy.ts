/** Studies that spectra of runs trained elsewhere are added to. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError, UsageError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
import { missingFolders, removeEmptyFolders } from '../store/files.ts';
import { RUN_NAME } from '../store/schemas.ts';
import type { ObservedRun } from '../store/study.ts';
import { createStudy, findObservedRun, openStudy, type StudyWriter } from '../store/studyFolder.ts';
import { softwareVersions } from './machine.ts';

/** Parameters that the report of an observed study plans for, unless told otherwise. */
const DEFAULT_TARGET = 1e9;
/** Of the bootstrap of its laws. */
const SEED = 1;

/** What a checkpoint or log tells of its run. */
export interface ToldRun {
  /** The checkpoint or log, for messages. */
  readonly source: string;
  readonly run: string;
  readonly params: number | null;
  readonly nonEmbeddingParams: number | null;
  /** Entries of all matrices that Muon keeps momentum for: stands for nonEmbeddingParams where nothing tells. */
  readonly counted: number | null;
}

/**
 * Opens the study in `folder`, made if there is none; one that was made and has no run when it is closed is removed.
 *
 * @throws StudyError if the folder holds other files, a damaged study, or one that another process writes
 */
export function openForObserving(folder: string): StudyWriter {
  const description = join(folder, 'study.json');
  if (existsSync(description)) return openStudy(folder);
  const missing = missingFolders(folder);
  const study = createStudy(folder, {
    schema: 'muonscope.study-folder/1',
    origin: 'observed',
    created: new Date().toISOString(),
    seed: SEED,
    target: DEFAULT_TARGET,
    versions: softwareVersions(),
  });
  const close = (): void => {
    if (!existsSync(join(folder, 'runs'))) rmSync(description, { force: true });
    study.close();
    removeEmptyFolders(missing);
  };
  return { ...study, close };
}

/**
 * The run that spectra of a source belong to: the one of that name in the study, or a new one.
 *
 * @throws FormatError if the run of that name has another size
 * @throws UsageError if the run is new and nothing tells its size, or its name is no folder name
 */
export function observedRunFor(study: StudyWriter, told: ToldRun): ObservedRun {
  const { source, run, params } = told;
  const existing = findObservedRun(study.folder, run);
  if (existing !== null) {
    if (params === null || params === existing.params) return existing;
    throw new FormatError(
      `study: run ${run} of ${study.folder} has ${formatCount(existing.params)} parameters (${existing.params}), ${source} is of a model with ${formatCount(params)} (${params}); give another --run`,
      source,
    );
  }
  if (!RUN_NAME.test(run))
    throw new UsageError(`--run: expected letters, digits, dots, dashes and underscores, got "${run}"`);
  if (params === null)
    throw new UsageError(
      `${source}: how many parameters its model has is not known, which laws need; give --params, e.g. --params 124M`,
    );
  const counted = told.counted === null ? null : Math.min(params, told.counted);
  const nonEmbeddingParams = told.nonEmbeddingParams ?? counted;
  if (nonEmbeddingParams === null)
    throw new UsageError(
      `${source}: how many of its model's parameters are outside embeddings and head is not known; give --non-embedding-params`,
    );
  return { schema: 'muonscope.run/1', origin: 'observed', run, params, nonEmbeddingParams };
}
