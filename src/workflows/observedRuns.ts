/**
 * What can be said of a run that was trained elsewhere from its spectra alone: the steps to average over, the model's
 * width and layers, and what a reader of its laws must know.
 */
import { StudyError } from '../base/errors.ts';
import { formatCount } from '../base/numbers.ts';
import { POOLED_QUANTILES } from '../scaling/poolLaws.ts';
import { type MomentumStage, ROLES } from '../sources/momentumSample.ts';
import type { Spectrum } from '../spectra/spectrum.ts';
import type { StepWindow } from '../stability/fixedWindow.ts';
import type { RunRecords } from '../store/runFolder.ts';
import type { ObservedRun } from '../store/study.ts';

/** Share of the observed steps, the last ones, that stand in for the window of a run whose length is known. */
const LAST_SHARE = 0.4;

/** Sizes whose last steps differ by more than this factor may be at different stages of training. */
const SIMILAR_STEPS = 2;

/** The last 40 % of the steps up to the last one observed; a single checkpoint is its own window. */
export function observedWindow(spectra: readonly Spectrum[]): StepWindow {
  const last = spectra.reduce((most, { step }) => Math.max(most, step), 0);
  return { from: Math.round((1 - LAST_SHARE) * last), to: last };
}

/**
 * The quantiles that laws are fitted to, as far as every spectrum of the run has them.
 *
 * @throws StudyError if it has none of them
 */
export function observedQuantiles({ run }: ObservedRun, spectra: readonly Spectrum[]): readonly number[] {
  const shared = POOLED_QUANTILES.filter((q) => spectra.every(({ quantiles }) => quantiles.includes(q)));
  if (shared.length > 0 || spectra.length === 0) return shared;
  throw new StudyError(
    `study: expected the spectra of run ${run} to share one of the quantiles ${POOLED_QUANTILES.join(', ')}, got none; record it with these quantiles`,
    run,
  );
}

/**
 * Width and layers of the model behind a run's spectra; null without any.
 *
 * Every matrix of a block has a side on the residual stream, whichever way its weights are stored: the width is the
 * dimension that most matrices share, the smaller one of two.
 */
export function observedModel(
  spectra: readonly Spectrum[],
): { readonly width: number; readonly layers: number } | null {
  const matrices = new Map(spectra.map((spectrum) => [spectrum.name, spectrum]));
  const counts = new Map<number, number>();
  let layers = 0;
  for (const spectrum of matrices.values()) {
    layers = Math.max(layers, spectrum.layers);
    for (const side of new Set(spectrum.shape)) counts.set(side, (counts.get(side) ?? 0) + 1);
  }
  const [first] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b);
  return first === undefined ? null : { width: first[0], layers };
}

/** The stage of most spectra; the blend, which NS receives, of equally many. */
export function prevailingStage(spectra: readonly Spectrum[]): MomentumStage {
  const buffers = spectra.filter(({ stage }) => stage === 'buffer').length;
  return 2 * buffers > spectra.length ? 'buffer' : 'nesterov';
}

/** By layer, then roles as they are shown everywhere: scans record matrices as they are done. */
export function inModelOrder(spectra: readonly Spectrum[]): readonly Spectrum[] {
  const ranks = new Map<string, number>(ROLES.map((role, i) => [role, i]));
  const rank = ({ role }: Spectrum): number => ranks.get(role) ?? ROLES.length;
  return [...spectra].sort((a, b) => a.layer - b.layer || rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** What a reader must know of laws that rest on observed runs; empty if none does. */
export function observedNotes(runs: readonly RunRecords[], window: 'fixed' | 'plateau'): readonly string[] {
  const observed = runs.filter((run) => run.origin === 'observed' && run.spectra.length > 0);
  if (observed.length === 0) return [];
  return [...windowNotes(observed, window), ...stageNotes(runs)];
}

function windowNotes(observed: readonly RunRecords[], window: 'fixed' | 'plateau'): readonly string[] {
  const windows = observed.map(({ description, spectra }) => {
    const { from, to } = observedWindow(spectra);
    const steps = new Set(spectra.filter(({ step }) => step >= from).map(({ step }) => step)).size;
    return { run: description.run, to, text: `${description.run} ${stepsText(from, to, steps)}` };
  });
  const last = windows.map(({ to }) => to);
  const apart = Math.max(...last) > SIMILAR_STEPS * Math.max(1, Math.min(...last));
  return [
    ...(window === 'fixed'
      ? [
          `observed runs, whose schedule is not known, count with the last ${100 * LAST_SHARE} % of the steps seen: ${windows.map(({ text }) => text).join('; ')}`,
        ]
      : []),
    ...(apart
      ? [
          `the sizes were observed at different ages, up to step ${formatCount(Math.min(...last))} and ${formatCount(Math.max(...last))}: what changes with training may look like a change with size`,
        ]
      : []),
  ];
}

function stepsText(from: number, to: number, samples: number): string {
  return samples === 1 ? `step ${to} alone` : `steps ${from} to ${to}, ${samples} samples`;
}

/** Buffers and Nesterov blends of one momentum have different spectra. */
function stageNotes(runs: readonly RunRecords[]): readonly string[] {
  const mixed = runs.filter(({ spectra }) => new Set(spectra.map(({ stage }) => stage)).size > 1);
  const names = (wanted: MomentumStage): string =>
    runs
      .filter(({ spectra }) => spectra.length > 0 && prevailingStage(spectra) === wanted)
      .map(({ description }) => description.run)
      .join(', ');
  const [buffers, blends] = [names('buffer'), names('nesterov')];
  return [
    ...(mixed.length > 0
      ? [
          `runs hold momentum buffers and Nesterov blends, and only the more numerous kind counts: ${mixed.map(({ description, spectra }) => `${description.run} ${prevailingStage(spectra)}`).join(', ')}`,
        ]
      : []),
    ...(buffers !== '' && blends !== ''
      ? [`the sizes mix momentum buffers (${buffers}) with Nesterov blends (${blends}), whose spectra differ`]
      : []),
  ];
}
