/**
 * The rank-p ablation: validation loss where the update keeps only the top share p of the directions of the exact polar factor.
 *
 * Token efficiency of p is the share of the tokens at which the run with all directions has the loss that the run with p ends with, its
 * validation curve interpolated: 0.8 means that leaving directions out costs a fifth of the tokens.
 *
 * Source: arXiv:2606.04058, which reports almost no cost at a half, 10 to 20 % at a quarter and about 50 % at a tenth.
 */
import type { DynamicsClaim, DynamicsFigure, DynamicsTable } from './experiment.ts';
import { type Estimate, estimate, formatEstimate } from './statistics.ts';
import type { TrainingRecord } from './trainingRecord.ts';

/** One share with its seeds. */
export interface SharePoint {
  readonly share: number;
  /** Over seeds; null where a run diverged. */
  readonly loss: Estimate | null;
  /** Against the run of the same seed with all directions; null for those, and where a run diverged. */
  readonly efficiency: Estimate | null;
}

/** Ascending in the share; none if the sweep has no such runs. */
export function sharePoints(records: readonly TrainingRecord[]): readonly SharePoint[] {
  const shared = records.filter(({ share }) => share !== null);
  const shares = [...new Set(shared.map(({ share }) => share ?? 1))].sort((a, b) => a - b);
  const whole = new Map(shared.filter(({ share }) => share === 1).map((record) => [record.seed, record]));
  return shares.map((share) => {
    const own = shared.filter((record) => record.share === share);
    const losses = own.flatMap(({ validationLoss }) => (validationLoss === null ? [] : [validationLoss]));
    const efficiencies = own.flatMap(({ seed, validationLoss }) => {
      const all = whole.get(seed);
      return share === 1 || !all || validationLoss === null ? [] : [shareOfTokens(all, validationLoss)];
    });
    return {
      share,
      loss: losses.length === own.length ? estimate(losses) : null,
      efficiency: efficiencies.length === own.length ? estimate(efficiencies) : null,
    };
  });
}

/** Share of its steps at which a run first has the given loss; 1 if it never does. */
export function shareOfTokens({ curve }: TrainingRecord, loss: number): number {
  const last = curve.at(-1);
  const reached = curve.findIndex((point) => point.loss <= loss);
  const at = curve[reached];
  if (!last || !at) return 1;
  const before = curve[reached - 1];
  if (!before) return at.step / last.step;
  const along = (before.loss - loss) / (before.loss - at.loss);
  return (before.step + along * (at.step - before.step)) / last.step;
}

export function shareClaims(points: readonly SharePoint[]): readonly DynamicsClaim[] {
  const whole = points.find(({ share }) => share === 1)?.loss;
  const half = points.find(({ share }) => share === 0.5);
  const tenth = points.find(({ share }) => share === 0.1);
  if (!whole || !half?.loss || !tenth?.loss) return [];
  const cost = half.loss.mean - whole.mean;
  return [
    {
      statement:
        'Keeping the top half of the directions of the update costs little: less than a fifth of what keeping a tenth costs',
      holds: cost < 0.2 * (tenth.loss.mean - whole.mean),
      evidence: `validation loss ${formatEstimate(half.loss, 3)} with half and ${formatEstimate(tenth.loss, 3)} with a tenth, ${formatEstimate(whole, 3)} with all`,
    },
  ];
}

export function shareTables(points: readonly SharePoint[]): readonly DynamicsTable[] {
  if (points.length === 0) return [];
  return [
    {
      name: 'gpt-rank-share',
      caption:
        'Rank-p ablation: validation loss by the share of directions kept, and tokens that the run with all directions needs for it',
      columns: ['share kept', 'loss', 'low', 'high', 'share of tokens', 'low', 'high'],
      rows: points.map(({ share, loss, efficiency }) => [
        share,
        ...[loss, efficiency].flatMap((found) => [found?.mean ?? null, found?.low ?? null, found?.high ?? null]),
      ]),
    },
  ];
}

export function shareFigures(points: readonly SharePoint[]): readonly DynamicsFigure[] {
  const measured = points.flatMap(({ share, loss }) =>
    loss === null ? [] : [{ x: share, y: loss.mean, low: loss.low, high: loss.high }],
  );
  if (measured.length === 0) return [];
  return [
    {
      name: 'gpt-rank-share',
      title: 'Validation loss by the share of directions that the update keeps',
      description:
        'Mean validation loss over seeds with 95 % intervals, exact polar factors cut to their top share of directions.',
      x: { label: 'share of directions kept', scale: 'log' },
      y: { label: 'validation loss, nats', scale: 'linear' },
      series: [{ label: 'Muon, exact polar factor', mark: 'line', points: measured }],
    },
  ];
}
