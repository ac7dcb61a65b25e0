/** Every weight matrix by itself: its ranks over training, and the spectra of its momentum and update at the end. */
import { grouped } from '../base/grouped.ts';
import { mean } from '../base/sums.ts';
import type { DynamicsFigure, DynamicsTable } from './experiment.ts';
import { LABELS, OPTIMIZERS, type Plateaus, type RankMeasure } from './plateau.ts';
import type { RankRecord, SweptOptimizer, TrainingRecord } from './trainingRecord.ts';
import { QUANTILES } from './trainingSweep.ts';

/** Ranks of one matrix over training, seeds averaged. */
interface MatrixTrack {
  readonly optimizer: SweptOptimizer;
  readonly name: string;
  readonly role: string;
  readonly points: readonly { readonly step: number; readonly stableRank: number; readonly effectiveRank: number }[];
}

/** Start and end of every matrix, and the medians of its momentum and update, both over their Frobenius norms. */
export function matrixTable(experiment: string, plateaus: Plateaus): DynamicsTable {
  return {
    name: `${experiment}-matrices`,
    caption:
      'Every weight matrix at the best rate of either optimizer, mean over seeds: ranks at start and end, and medians of the singular values of momentum and update over their Frobenius norms',
    columns: ['optimizer', 'matrix', 'stable rank, start', 'end', 'effective rank, start', 'end', 'momentum', 'update'],
    rows: tracksOf(plateaus).map(({ optimizer, name, points }) => {
      const [start, end] = [points[0], points[points.length - 1]];
      const records = plateaus[optimizer]?.best.records ?? [];
      return [
        LABELS[optimizer],
        name,
        ...[start.stableRank, end.stableRank, start.effectiveRank, end.effectiveRank],
        ...(['momentum', 'update'] as const).map((kind) => medianOf(records, name, kind)),
      ];
    }),
  };
}

/** Every matrix and step. */
export function ranksTable(experiment: string, plateaus: Plateaus): DynamicsTable {
  return {
    name: `${experiment}-ranks`,
    caption: 'Ranks of every weight matrix over training, at the best rate of either optimizer, mean over seeds',
    columns: ['optimizer', 'matrix', 'step', 'stable rank', 'effective rank'],
    rows: tracksOf(plateaus).flatMap(({ optimizer, name, points }) =>
      points.map(({ step, stableRank, effectiveRank }) => [
        ...[LABELS[optimizer], name, step],
        ...[stableRank, effectiveRank],
      ]),
    ),
  };
}

/** A line a matrix, a panel an optimizer, a colour a role. */
export function matrixFigure(experiment: string, plateaus: Plateaus, measure: RankMeasure): DynamicsFigure {
  const name = measure === 'stableRank' ? 'stable rank' : 'effective rank';
  const tracks = tracksOf(plateaus);
  const roles = [...new Set(tracks.map(({ role }) => role))];
  return {
    name: `${experiment}-matrix-${name.replace(' ', '-')}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} of every weight matrix over training`,
    description: `The ${name} of each hidden matrix, mean over seeds, each optimizer at its best rate; a colour for each role, a line for each layer.`,
    x: { label: 'step', scale: 'linear' },
    y: { label: name, scale: 'linear' },
    series: tracks.map(({ optimizer, role, points }) => ({
      label: role,
      mark: 'line',
      panel: LABELS[optimizer],
      colour: roles.indexOf(role),
      points: points.map((point) => ({ x: point.step, y: point[measure] })),
    })),
  };
}

function tracksOf(plateaus: Plateaus): readonly MatrixTrack[] {
  return OPTIMIZERS.flatMap((optimizer) => {
    const ranks = plateaus[optimizer]?.best.records.flatMap((record) => record.ranks) ?? [];
    return grouped(ranks, ({ name }) => name).map((own) => trackOf(optimizer, own));
  });
}

function trackOf(optimizer: SweptOptimizer, ranks: readonly RankRecord[]): MatrixTrack {
  const [{ name, role }] = ranks;
  const points = grouped(ranks, ({ step }) => step).map((atStep) => ({
    step: atStep[0].step,
    stableRank: mean(atStep.map(({ stableRank }) => stableRank)),
    effectiveRank: mean(atStep.map(({ effectiveRank }) => effectiveRank)),
  }));
  return { optimizer, name, role, points: points.sort((a, b) => a.step - b.step) };
}

function medianOf(records: readonly TrainingRecord[], name: string, kind: 'momentum' | 'update'): number | null {
  const spectra = records.flatMap((record) => record.spectra.filter((s) => s.kind === kind && s.name === name));
  return spectra.length === 0 ? null : mean(spectra.map(({ values }) => values[QUANTILES.indexOf(0.5)]));
}
