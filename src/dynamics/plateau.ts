/**
 * Runs at one learning rate, and the plateau of rates around the best.
 *
 * Plateau of an optimizer: the rates around its best one whose mean loss over seeds is at most TOLERANCE nats above the best,
 * its ends interpolated in the logarithm of the rate; width in decades.
 */
import { mean } from '../base/sums.ts';
import { type Estimate, estimate } from './statistics.ts';
import type { SweptOptimizer, TrainingRecord } from './trainingRecord.ts';

/** A loss at most so many nats above the best belongs to the plateau. */
export const TOLERANCE = 0.1;

export const OPTIMIZERS: readonly SweptOptimizer[] = ['muon', 'adamw'];
export const LABELS: Readonly<Record<SweptOptimizer, string>> = { muon: 'Muon', adamw: 'AdamW' };

/** All seeds at one rate. */
export interface RatePoint {
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

export type Plateaus = Readonly<Record<SweptOptimizer, Plateau | null>>;

export function ratePoints(records: readonly TrainingRecord[], optimizer: SweptOptimizer): readonly RatePoint[] {
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

export function widthOf({ decades, open }: Plateau): string {
  return `${open ? 'at least ' : ''}${decades.toFixed(2)} decades`;
}

export type RankMeasure = 'stableRank' | 'effectiveRank';

/** Mean over the hidden matrices at one step, with the interval over seeds. */
export function rankAt({ records }: RatePoint, measure: RankMeasure, step: number): Estimate {
  return estimate(
    records.map(({ ranks }) => mean(ranks.filter((rank) => rank.step === step).map((rank) => rank[measure]))),
  );
}

export function rankAtEnd(point: RatePoint, measure: RankMeasure): Estimate {
  const last = Math.max(...point.records.flatMap(({ ranks }) => ranks.map(({ step }) => step)));
  return rankAt(point, measure, last);
}
