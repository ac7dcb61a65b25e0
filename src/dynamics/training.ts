/**
 * The experiments gpt and vit: Muon against AdamW over a grid of learning rates.
 *
 * In: records of all runs (trainingSweep.ts). Out: assumptions, claims, tables, figures, the same for both models. Which way a claim
 * falls is what the numbers say; the paper's ranking is stated and then held against them.
 */
import type { DynamicsClaim, DynamicsResult, ExperimentSize } from './experiment.ts';
import { matrixFigure, matrixTable, ranksTable } from './matrixRanks.ts';
import {
  findPlateau,
  type Plateau,
  type Plateaus,
  type RankMeasure,
  rankAt,
  rankAtEnd,
  ratePoints,
  TOLERANCE,
  widthOf,
} from './plateau.ts';
import { shareClaims, shareFigures, sharePoints, shareTables } from './rankShare.ts';
import { formatEstimate } from './statistics.ts';
import { lossFigure, rankFigure, spectrumFigure } from './trainingFigures.ts';
import type { TrainingRecord } from './trainingRecord.ts';
import { bestTable, ratesTable, spectraTable } from './trainingTables.ts';

export interface TrainingSummaryOptions {
  readonly experiment: 'gpt' | 'vit';
  readonly size: ExperimentSize;
  readonly seed: number;
  /** What it learned from, e.g. "text of the installed dependencies, 2.1M bytes". */
  readonly data: string;
}

/** @param records of every run of the sweep */
export function summariseTraining(
  { experiment, size, seed, data }: TrainingSummaryOptions,
  records: readonly TrainingRecord[],
): DynamicsResult {
  const points = { muon: ratePoints(records, 'muon'), adamw: ratePoints(records, 'adamw') };
  const plateaus = { muon: findPlateau(points.muon), adamw: findPlateau(points.adamw) };
  const shares = sharePoints(records);
  return {
    experiment,
    size,
    seed,
    assumptions: assumptionsOf(data),
    claims: [...claimsOf(experiment, plateaus, records), ...shareClaims(shares)],
    tables: [
      ratesTable(experiment, points),
      bestTable(experiment, plateaus),
      spectraTable(experiment, plateaus),
      matrixTable(experiment, plateaus),
      ranksTable(experiment, plateaus),
      ...shareTables(shares),
    ],
    figures: [
      lossFigure(experiment, points, plateaus),
      rankFigure(experiment, plateaus, 'stableRank'),
      rankFigure(experiment, plateaus, 'effectiveRank'),
      matrixFigure(experiment, plateaus, 'stableRank'),
      matrixFigure(experiment, plateaus, 'effectiveRank'),
      spectrumFigure(experiment, plateaus, 'momentum'),
      spectrumFigure(experiment, plateaus, 'update'),
      ...shareFigures(shares),
    ],
  };
}

function assumptionsOf(data: string): readonly string[] {
  return [
    `Data: ${data}. Both optimizers see the same batches in the same order, with the same schedule: constant, then linear to 0 over the last tenth.`,
    'Muon: plain momentum 0.95, five quintic steps; embedding and head under AdamW at 0.01, near the best rate of an AdamW run. AdamW: betas (0.9, 0.95), one rate for every matrix. Weight decay 0.01 for both.',
    `The plateau holds the rates whose loss is within ${TOLERANCE} nats of the best, seeds averaged; a diverged run ends it.`,
    'Ranks and spectra are those of the matrices of the blocks at each optimizer’s best rate; the update is what the last step changed, weight decay included.',
  ];
}

function claimsOf(
  experiment: 'gpt' | 'vit',
  { muon, adamw }: Plateaus,
  records: readonly TrainingRecord[],
): readonly DynamicsClaim[] {
  const diverged = records.filter(({ divergedAt }) => divergedAt !== null);
  const runs = `${records.length - diverged.length} of ${records.length} runs reached their end`;
  if (muon === null || adamw === null)
    return [{ statement: 'Both optimizers train at some rate of the grid', holds: false, evidence: runs }];
  const [muonLoss, adamwLoss] = [muon, adamw].map(({ best }) => best.loss?.mean ?? Number.NaN) as [number, number];
  const better = muonLoss < adamwLoss;
  const losses = `best validation loss ${muonLoss.toFixed(3)} under Muon (rate ${muon.best.rate}), ${adamwLoss.toFixed(3)} under AdamW (rate ${adamw.best.rate}); ${runs}`;
  return [
    experiment === 'gpt'
      ? { statement: 'Muon reaches a better validation loss than AdamW on the GPT', holds: better, evidence: losses }
      : {
          statement: 'On the matched ViT the ranking reverses: AdamW reaches a better validation loss than Muon',
          holds: !better,
          evidence: losses,
        },
    {
      statement: 'Muon has the broader plateau of learning rates',
      holds: muon.decades > adamw.decades,
      evidence: `rates within ${TOLERANCE} nats of the best span ${widthOf(muon)} under Muon and ${widthOf(adamw)} under AdamW`,
    },
    rankClaim(muon, adamw, 'stableRank', 'stable rank'),
    rankClaim(muon, adamw, 'effectiveRank', 'effective rank'),
  ];
}

function rankClaim(muon: Plateau, adamw: Plateau, measure: RankMeasure, name: string): DynamicsClaim {
  const [m, a] = [muon, adamw].map(({ best }) => ({ start: rankAt(best, measure, 0), end: rankAtEnd(best, measure) }));
  return {
    statement: `Muon keeps the ${name} of the weights higher than AdamW`,
    holds: m.end.low > a.end.high || (m.end.mean > a.end.mean && m.end.low === m.end.high),
    evidence: `mean over hidden matrices ${formatEstimate(m.end)} under Muon and ${formatEstimate(a.end)} under AdamW, from ${m.start.mean.toFixed(2)} at the start; each at its best rate`,
  };
}
