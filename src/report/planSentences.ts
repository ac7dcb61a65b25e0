/** What a plan comes to, in sentences. */
import { formatCount, formatShare, significant } from '../base/numbers.ts';
import type { Plan } from '../planner/plan.ts';
import { scheduleLabel } from './wording.ts';

/** What the plan costs against the baseline, in a sentence. */
export function planSummary(plan: Plan): string {
  const { target, baseline, saved, criterion, met } = plan;
  const size = `${formatCount(target.params)} parameters (width ${target.width}, ${target.layers} layers)`;
  const cost =
    saved >= 0
      ? `saves ${formatShare(saved)} of the Newton-Schulz flops of ${baseline.name} everywhere`
      : `costs ${formatShare(-saved)} more Newton-Schulz flops than ${baseline.name} everywhere, which does not reach the floor everywhere`;
  const precision = criterion.precision === 'float32' ? '' : ` in ${criterion.precision}`;
  const remedied = plan.layers.filter(({ remedy }) => remedy !== undefined).length;
  const remedies =
    remedied === 0 ? '' : `, with a remedy against rounding on ${remedied} of ${plan.layers.length} rows,`;
  const reach = `output at least ${criterion.floor} at q=${criterion.quantile}${precision}${remedies}`;
  return met
    ? `For ${size} the plan gives every layer ${reach} and ${cost}.`
    : `For ${size} no plan gives every layer ${reach.replace(/,$/, '')}; the rows show the best there is.`;
}

/** The cost of Newton-Schulz in a training step, in a sentence; empty without tokens a step. */
export function shareSummary({ trainingShare, baseline }: Plan): string {
  if (!trainingShare) return '';
  const { tokensPerStep, plan, baseline: share } = trainingShare;
  return `In a step of ${formatCount(tokensPerStep)} tokens Newton-Schulz takes ${formatShare(plan)} of the forward and backward flops, with ${baseline.name} everywhere ${formatShare(share)}.`;
}

/** Where a plan fails, and the floor that would hold everywhere; empty for one that meets its criterion. */
export function shortfall({ met, layers, criterion }: Plan): string {
  const failing = layers.filter((row) => row.met === false);
  const [first, ...others] = failing;
  if (met || !first) return '';
  const worst = others.reduce((a, b) => ((b.reach ?? 0) < (a.reach ?? 0) ? b : a), first);
  const place = worst.layer === undefined ? `at depth ${significant(worst.depth)}` : `of layer ${worst.layer}`;
  return `${failing.length} of ${layers.length} rows miss the floor ${criterion.floor}; the best reachable everywhere is ${significant(worst.reach ?? 0)}, set by ${worst.role} ${place} with ${scheduleLabel(worst)}.`;
}
