/** From the records of a study to what they mean: settled values and laws. */
import { UsageError } from '../base/errors.ts';
import { fitLaws } from '../scaling/fitLaws.ts';
import type { LawsDocument, SizeConvention } from '../scaling/law.ts';
import { POOLED_QUANTILES } from '../scaling/poolLaws.ts';
import { findPlateau, settledValue } from '../stability/findPlateau.ts';
import { fixedWindow, windowOf } from '../stability/fixedWindow.ts';
import type { Plateau, Trajectory } from '../stability/plateau.ts';
import { trajectoriesOf } from '../stability/trajectory.ts';
import type { ObservedRunRecords } from '../store/observedRun.ts';
import type { RunRecords } from '../store/runFolder.ts';
import type { TrainedRunRecords } from '../store/trainedRun.ts';
import {
  inModelOrder,
  observedModel,
  observedNotes,
  observedQuantiles,
  observedWindow,
  prevailingStage,
} from './observedRuns.ts';

/**
 * Which steps a settled value is the mean of. fixed: the same share of the steps for every size, as in
 * arXiv:2606.04058; of an observed run, whose length is not known, the last steps seen. plateau: the longest stretch of
 * each trajectory that stands still.
 */
export type WindowRule = 'fixed' | 'plateau';

export const WINDOW_RULES: readonly WindowRule[] = ['fixed', 'plateau'];

/** A trajectory with both answers to where it has settled. */
export interface TrackedTrajectory {
  readonly trajectory: Trajectory;
  readonly plateau: Plateau;
  readonly fixed: Plateau;
}

export interface LawChoices {
  readonly source: string;
  readonly sizeConvention?: SizeConvention;
  readonly window?: WindowRule;
  readonly seed: number;
}

/**
 * Every trajectory of every run, judged. The learning-rate decay at the end of a run that was trained here never
 * counts; of an observed run it is not known.
 */
export function trackedTrajectories(runs: readonly RunRecords[]): readonly TrackedTrajectory[] {
  return runs.flatMap((run) => (run.origin === 'trained' ? trackTrained(run) : trackObserved(run)));
}

function trackTrained({ description, spectra }: TrainedRunRecords): readonly TrackedTrajectory[] {
  const { steps, rate } = description.config;
  const until = Math.floor(steps * (1 - rate.decayShare));
  return trajectoriesOf(spectra, POOLED_QUANTILES).map((trajectory) => ({
    trajectory,
    plateau: findPlateau(trajectory, { until }),
    fixed: fixedWindow(trajectory, windowOf(steps)),
  }));
}

function trackObserved({ description, spectra: all }: ObservedRunRecords): readonly TrackedTrajectory[] {
  const stage = prevailingStage(all);
  const spectra = inModelOrder(all.filter((spectrum) => spectrum.stage === stage));
  const window = observedWindow(spectra);
  return trajectoriesOf(spectra, observedQuantiles(description, spectra)).map((trajectory) => ({
    trajectory,
    plateau: findPlateau(trajectory),
    fixed: fixedWindow(trajectory, window),
  }));
}

/**
 * Laws of a study.
 *
 * @throws UsageError if there are fewer than two sizes to fit
 */
export function lawsOf(
  runs: readonly RunRecords[],
  tracked: readonly TrackedTrajectory[],
  { source, sizeConvention = 'total', window = 'fixed', seed }: LawChoices,
): LawsDocument {
  const sizes = new Set(runs.filter(({ spectra }) => spectra.length > 0).map(({ description }) => description.params));
  if (sizes.size < 2)
    throw new UsageError(
      `laws: expected spectra of at least two model sizes, got ${sizes.size}; train or scan more sizes`,
    );
  const settled = tracked.map(({ trajectory, plateau, fixed }) =>
    settledValue(trajectory, window === 'fixed' ? fixed : plateau),
  );
  const ladder = runs.flatMap((run) => {
    const { params, nonEmbeddingParams } = run.description;
    const model = modelOf(run);
    return model === null ? [] : [{ params: sizeConvention === 'total' ? params : nonEmbeddingParams, ...model }];
  });
  const laws = fitLaws(settled, { source, sizeConvention, seed, ladder });
  return { ...laws, warnings: [...laws.warnings, ...observedNotes(runs, window)] };
}

/** Width and layers of a run's model; null where nothing was recorded that tells. */
function modelOf(run: RunRecords): { readonly width: number; readonly layers: number } | null {
  if (run.origin === 'observed') return observedModel(run.spectra);
  const { width, layers } = run.description.config.model;
  return { width, layers };
}
