/**
 * The experiments gpt and vit: Muon against AdamW over a grid of learning rates.
 *
 * In: records of all runs (trainingSweep.ts). Out: assumptions, claims, tables, figures, the same for both models. Which way a claim
 * falls is what the numbers say; the paper's ranking is stated and then held against them.
 *
 * Plateau of an optimizer: the rates around its best one whose mean loss over seeds is at most TOLERANCE nats above the best,
 * its ends interpolated in the logarithm of the rate; width in decades.
 */
import { mean } from '../base/sums.ts';
import type { DynamicsClaim, DynamicsFigure, DynamicsResult, DynamicsTable, ExperimentSize } from './experiment.ts';
import { shareClaims, shareFigures, sharePoints, shareTables } from './rankShare.ts';
import { type Estimate, estimate, formatEstimate } from './statistics.ts';
import type { SweptOptimizer, TrainingRecord } from './trainingRecord.ts';
import { QUANTILES } from './trainingSweep.ts';

/** A loss at most so many nats above the best belongs to the plateau. */
export const TOLERANCE = 0.1;

const OPTIMIZERS: readonly SweptOptimizer[] = ['muon', 'adamw'];
const LABELS: Readonly<Record<SweptOptimizer, string>> = { muon: 'Muon', adamw: 'AdamW' };

/** All seeds at one rate. */
interface RatePoint {
  readonly rate: number;
  readonly records: readonly TrainingRecord[];
  /** Mean validation loss; null where a run diverged. */
  readonly loss: Estimate | null;
}

export interface Plateau {
  readonly best: RatePoint;
  readonly low: number;
  readonly high: number;
  /** log10(high / low). */
  readonly decades: number;
  /** Whether an end of the plateau is an end of the grid, so that it may be wider. */
  readonly open: boolean;
}

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
      ...shareTables(shares),
    ],
    figures: [
      lossFigure(experiment, points, plateaus),
      rankFigure(experiment, plateaus, 'stableRank'),
      rankFigure(experiment, plateaus, 'effectiveRank'),
      spectrumFigure(experiment, plateaus, 'momentum'),
      spectrumFigure(experiment, plateaus, 'update'),
      ...shareFigures(shares),
    ],
  };
}

type Plateaus = Readonly<Record<SweptOptimizer, Plateau | null>>;

function assumptionsOf(data: string): readonly string[] {
  return [
    `Data: ${data}. Both optimizers see the same batches in the same order, with the same schedule: constant, then linear to 0 over the last tenth.`,
    'Muon: plain momentum 0.95, five quintic steps; embedding and head under AdamW at 0.01, near the best rate of an AdamW run. AdamW: betas (0.9, 0.95), one rate for every matrix. Weight decay 0.01 for both.',
    `The plateau holds the rates whose loss is within ${TOLERANCE} nats of the best, seeds averaged; a diverged run ends it.`,
    'Ranks and spectra are those of the matrices of the blocks at each optimizer’s best rate; the update is what the last step changed, weight decay included.',
  ];
}

function ratePoints(records: readonly TrainingRecord[], optimizer: SweptOptimizer): readonly RatePoint[] {
  const own = records.filter((record) => record.optimizer === optimizer && record.share === null);
  const rates = [...new Set(own.map(({ rate }) => rate))].sort((a, b) => a - b);
  return rates.map((rate) => {
    const atRate = own.filter((record) => record.rate === rate);
    const losses = atRate.flatMap(({ validationLoss }) => (validationLoss === null ? [] : [validationLoss]));
    return { rate, records: atRate, loss: losses.length === atRate.length ? estimate(losses) : null };
  });
}

/** @param points ascending in rate @returns null if every rate diverged */
export function findPlateau(points: readonly RatePoint[]): Plateau | null {
  const finite = points.flatMap(({ loss }, i) => (loss === null ? [] : [i]));
  if (finite.length === 0) return null;
  const lossAt = (i: number): number => points[i]?.loss?.mean ?? Number.POSITIVE_INFINITY;
  const best = finite.reduce((least, i) => (lossAt(i) < lossAt(least) ? i : least));
  const limit = lossAt(best) + TOLERANCE;
  const walk = (direction: 1 | -1): { readonly rate: number; readonly open: boolean } => {
    let i = best;
    while (lossAt(i + direction) <= limit) i += direction;
    const outside = points[i + direction];
    if (!outside) return { rate: points[i].rate, open: true };
    return { rate: crossing(points[i], outside, limit), open: false };
  };
  const [low, high] = [walk(-1), walk(1)];
  return {
    best: points[best],
    low: low.rate,
    high: high.rate,
    decades: Math.log10(high.rate / low.rate),
    open: low.open || high.open,
  };
}

/** Rate at which the loss crosses `limit`, linear in log rate; half way in the logarithm to a rate that diverged. */
function crossing(inside: RatePoint, outside: RatePoint, limit: number): number {
  const ratio = outside.rate / inside.rate;
  if (!inside.loss || !outside.loss) return inside.rate * ratio ** 0.5;
  const share = (limit - inside.loss.mean) / (outside.loss.mean - inside.loss.mean);
  return inside.rate * ratio ** Math.min(1, Math.max(0, share));
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

function widthOf({ decades, open }: Plateau): string {
  return `${open ? 'at least ' : ''}${decades.toFixed(2)} decades`;
}

type RankMeasure = 'stableRank' | 'effectiveRank';

function rankClaim(muon: Plateau, adamw: Plateau, measure: RankMeasure, name: string): DynamicsClaim {
  const [m, a] = [muon, adamw].map(({ best }) => ({ start: rankAt(best, measure, 0), end: rankAtEnd(best, measure) }));
  return {
    statement: `Muon keeps the ${name} of the weights higher than AdamW`,
    holds: m.end.low > a.end.high || (m.end.mean > a.end.mean && m.end.low === m.end.high),
    evidence: `mean over hidden matrices ${formatEstimate(m.end)} under Muon and ${formatEstimate(a.end)} under AdamW, from ${m.start.mean.toFixed(2)} at the start; each at its best rate`,
  };
}

/** Mean over the hidden matrices at one step, with the interval over seeds. */
function rankAt({ records }: RatePoint, measure: RankMeasure, step: number): Estimate {
  return estimate(
    records.map(({ ranks }) => mean(ranks.filter((rank) => rank.step === step).map((rank) => rank[measure]))),
  );
}

function rankAtEnd(point: RatePoint, measure: RankMeasure): Estimate {
  const last = Math.max(...point.records.flatMap(({ ranks }) => ranks.map(({ step }) => step)));
  return rankAt(point, measure, last);
}

function ratesTable(experiment: string, points: Readonly<Record<SweptOptimizer, readonly RatePoint[]>>): DynamicsTable {
  return {
    name: `${experiment}-rates`,
    caption: 'Validation loss by learning rate, mean and 95 % interval over seeds',
    columns: ['optimizer', 'rate', 'loss', 'low', 'high', 'diverged runs'],
    rows: OPTIMIZERS.flatMap((optimizer) =>
      points[optimizer].map(({ rate, loss, records }) => [
        LABELS[optimizer],
        rate,
        loss?.mean ?? null,
        loss?.low ?? null,
        loss?.high ?? null,
        records.filter(({ divergedAt }) => divergedAt !== null).length,
      ]),
    ),
  };
}

function bestTable(experiment: string, plateaus: Plateaus): DynamicsTable {
  return {
    name: `${experiment}-best`,
    caption: `Each optimizer at its best rate; the plateau is within ${TOLERANCE} nats of the best loss`,
    columns: ['optimizer', 'best rate', 'loss', 'plateau from', 'to', 'decades', 'stable rank', 'effective rank'],
    rows: OPTIMIZERS.flatMap((optimizer) => {
      const plateau = plateaus[optimizer];
      if (plateau === null) return [];
      const { best, low, high, decades } = plateau;
      const ranks = (['stableRank', 'effectiveRank'] as const).map((measure) => rankAtEnd(best, measure).mean);
      return [[LABELS[optimizer], best.rate, best.loss?.mean ?? null, low, high, decades, ...ranks]];
    }),
  };
}

function spectraTable(experiment: string, plateaus: Plateaus): DynamicsTable {
  return {
    name: `${experiment}-spectra`,
    caption: 'Singular values over the Frobenius norm by quantile, last step, mean over hidden matrices and seeds',
    columns: ['optimizer', 'matrix', ...QUANTILES.map((q) => `q = ${q}`)],
    rows: OPTIMIZERS.flatMap((optimizer) =>
      (['momentum', 'update', 'weights'] as const).flatMap((kind) => {
        const values = meanSpectrum(plateaus[optimizer], kind);
        return values === null ? [] : [[LABELS[optimizer], kind, ...values]];
      }),
    ),
  };
}

function meanSpectrum(plateau: Plateau | null, kind: 'momentum' | 'update' | 'weights'): readonly number[] | null {
  const spectra = plateau?.best.records.flatMap((record) => record.spectra.filter((s) => s.kind === kind)) ?? [];
  return spectra.length === 0 ? null : QUANTILES.map((_, i) => mean(spectra.map(({ values }) => values[i])));
}

function lossFigure(
  experiment: string,
  points: Readonly<Record<SweptOptimizer, readonly RatePoint[]>>,
  plateaus: Plateaus,
): DynamicsFigure {
  return {
    name: `${experiment}-rates`,
    title: 'Validation loss by learning rate',
    description:
      'Mean validation loss over seeds with 95 % intervals for both optimizers; dashed lines mark each plateau. Rates that diverged are left out.',
    x: { label: 'learning rate', scale: 'log' },
    y: { label: 'validation loss, nats', scale: 'linear' },
    series: OPTIMIZERS.flatMap((optimizer, colour) => {
      const plateau = plateaus[optimizer];
      const level = plateau?.best.loss ? plateau.best.loss.mean + TOLERANCE : null;
      return [
        {
          label: LABELS[optimizer],
          colour,
          mark: 'line' as const,
          points: points[optimizer].flatMap(({ rate, loss }) =>
            loss === null ? [] : [{ x: rate, y: loss.mean, low: loss.low, high: loss.high }],
          ),
        },
        ...(plateau && level !== null
          ? [
              {
                label: `${LABELS[optimizer]}, plateau of ${widthOf(plateau)}`,
                mark: 'dash' as const,
                colour,
                points: [
                  { x: plateau.low, y: level },
                  { x: plateau.high, y: level },
                ],
              },
            ]
          : []),
      ];
    }),
  };
}

function rankFigure(experiment: string, plateaus: Plateaus, measure: RankMeasure): DynamicsFigure {
  const name = measure === 'stableRank' ? 'stable rank' : 'effective rank';
  return {
    name: `${experiment}-${name.replace(' ', '-')}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} of the weights over training`,
    description: `Mean ${name} of all hidden matrices over seeds, each optimizer at its best rate.`,
    x: { label: 'step', scale: 'linear' },
    y: { label: name, scale: 'linear' },
    series: OPTIMIZERS.flatMap((optimizer) => {
      const best = plateaus[optimizer]?.best;
      if (!best) return [];
      const steps = [...new Set(best.records.flatMap(({ ranks }) => ranks.map(({ step }) => step)))].sort(
        (a, b) => a - b,
      );
      return [
        {
          label: LABELS[optimizer],
          mark: 'line' as const,
          points: steps.map((step) => {
            const { mean: y, low, high } = rankAt(best, measure, step);
            return { x: step, y, low, high };
          }),
        },
      ];
    }),
  };
}

function spectrumFigure(experiment: string, plateaus: Plateaus, kind: 'momentum' | 'update'): DynamicsFigure {
  return {
    name: `${experiment}-${kind}-spectrum`,
    title: `Spectrum of the ${kind}`,
    description: `Singular values of the ${kind} over its Frobenius norm by quantile of the descending spectrum, last step, mean over hidden matrices and seeds.`,
    x: { label: 'quantile of the descending spectrum', scale: 'linear' },
    y: { label: 'singular value / Frobenius norm', scale: 'log' },
    series: OPTIMIZERS.flatMap((optimizer) => {
      const values = meanSpectrum(plateaus[optimizer], kind);
      return values === null
        ? []
        : [
            {
              label: LABELS[optimizer],
              mark: 'line' as const,
              points: QUANTILES.map((x, i) => ({ x, y: values[i] })),
            },
          ];
    }),
  };
}
