/** The study in a few sentences: what was trained or observed, whether the spectra settled, what the laws say, what the plan costs. */
import { formatCount, significant } from '../base/numbers.ts';
import type { Plan } from '../planner/plan.ts';
import type { LawsDocument, PooledLaw } from '../scaling/law.ts';
import type { Verdict } from '../stability/plateau.ts';
import { cellLabel } from './cells.ts';
import { meetsFloor } from './charts/planChart.ts';
import type { ObservedReportRun, ReportData, TrackedQuantile, TrainedReportRun } from './reportData.ts';
import { count, decimals, intervalText, list, number, percent } from './wording.ts';

/** How many tracked quantiles have each verdict. */
export function verdictCounts(tracked: readonly TrackedQuantile[]): Record<Verdict, number> {
  const counts: Record<Verdict, number> = { settled: 0, drifting: 0, 'too short': 0 };
  for (const { plateau } of tracked) counts[plateau.verdict]++;
  return counts;
}

/** Matrix products of the plan's baseline; the check of the data guarantees its curve. */
export function baselineProducts(data: ReportData, plan: Plan): number {
  return data.responses.find((curve) => curve.name === plan.baseline.name)!.products;
}

/** Decades between the largest measured model and the plan's target; 0 where the target is not larger. */
export function decadesBeyond(data: ReportData, plan: Plan): number {
  const sizes = data.runs.map(({ description }) => sizeOf(description, data.laws));
  const ladder = data.laws?.ladder.map((rung) => rung.params) ?? [];
  return Math.max(0, Math.log10(plan.target.params / Math.max(...sizes, ...ladder)));
}

/** The opening paragraph, one sentence an entry. */
export function answer(data: ReportData): string[] {
  return [
    ...runSentences(data),
    ...(data.tracked.length > 0 ? [settledSentence(data.tracked)] : []),
    data.laws === null || data.laws.pooled.length === 0
      ? 'No scaling law could be fitted from these runs.'
      : lawSentence(data.laws),
    ...(data.plan === null ? ['There is no plan.'] : planSentences(data, data.plan)),
  ];
}

function sizeOf(
  run: { readonly params: number; readonly nonEmbeddingParams: number },
  laws: LawsDocument | null,
): number {
  return laws?.sizeConvention === 'nonEmbedding' ? run.nonEmbeddingParams : run.params;
}

function runSentences({ runs }: ReportData): string[] {
  const trained = runs.filter((run) => run.origin === 'trained');
  const observed = runs.filter((run) => run.origin === 'observed');
  if (runs.length === 0) return ['No model has been trained or observed yet.'];
  return [
    ...(trained.length > 0 ? [trainedSentence(trained)] : []),
    ...(observed.length > 0 ? [observedSentence(observed)] : []),
  ];
}

function observedSentence(runs: readonly ObservedReportRun[]): string {
  const range = rangeText(runs.map(({ description }) => description.params));
  const spectra = runs.map(
    ({ matrices, steps }) => `${count(matrices, 'matrix', 'matrices')} at ${count(steps.length, 'step')}`,
  );
  return (
    `${count(runs.length, 'model')} of ${range} parameters ${runs.length === 1 ? 'was' : 'were'} trained elsewhere with Muon and ` +
    `observed here: ${list([...new Set(spectra)])}.`
  );
}

function trainedSentence(runs: readonly TrainedReportRun[]): string {
  const sizes = runs.map(({ description }) => description.params);
  const range = rangeText(sizes);
  const finished = runs.flatMap(({ summary }) => (summary === null ? [] : [summary]));
  const losses = finished.flatMap(({ validationLoss }) => (validationLoss === null ? [] : [validationLoss]));
  const tokens = finished.length === 0 ? '' : ` on ${rangeText(finished.map((summary) => summary.tokens))} tokens each`;
  const unfinished = runs.length - finished.length;
  return (
    `${count(runs.length, 'language model')} of ${range} parameters ${runs.length === 1 ? 'was' : 'were'} trained with Muon${tokens}` +
    `${losses.length > 1 ? `; the validation loss falls from ${number(Math.max(...losses))} to ${number(Math.min(...losses))} nats a token` : ''}` +
    `${unfinished > 0 ? `; ${count(unfinished, 'run is', 'runs are')} unfinished` : ''}.`
  );
}

function rangeText(values: readonly number[]): string {
  const [low, high] = [formatCount(Math.min(...values)), formatCount(Math.max(...values))];
  return low === high ? low : `${low} to ${high}`;
}

function settledSentence(tracked: readonly TrackedQuantile[]): string {
  const counts = verdictCounts(tracked);
  return (
    `Of ${count(tracked.length, 'tracked quantile')} of the momentum's singular values, ${counts.settled} ` +
    `(${percent(counts.settled / tracked.length)}) settled, ${counts.drifting} still drifted and ` +
    `${counts['too short']} had too few samples to tell.`
  );
}

function lawSentence(laws: LawsDocument): string {
  const ordered = [...laws.pooled].sort((a, b) => a.exponent - b.exponent);
  const [flattest, steepest] = [ordered[0]!, ordered.at(-1)!];
  const text = (law: PooledLaw): string => `${intervalText({ ...law, value: law.exponent })} for ${cellLabel(law)}`;
  const start = 'The values fall as a power of the model size, with a pooled exponent ';
  if (ordered.length === 1) return `${start}of ${text(flattest)} (95 % interval).`;
  return `${start}between ${text(flattest)} and ${text(steepest)} (95 % intervals).`;
}

function planSentences(data: ReportData, plan: Plan): string[] {
  const unmet = plan.layers.filter((layer) => !meetsFloor(plan, layer)).length;
  const { quantile, floor } = plan.criterion;
  const goal = `lifts the singular value at q = ${significant(quantile)} to ${significant(floor)} or more`;
  const cells = count(plan.layers.length, 'role and depth', 'roles and depths');
  const beyond = decadesBeyond(data, plan);
  return [
    `At ${formatCount(plan.target.params)} parameters the plan ${goal} ` +
      `${unmet === 0 ? `in all ${cells}` : `in ${plan.layers.length - unmet} of ${cells}`}; ${productsText(data, plan)}. ` +
      `${costText(plan)}.`,
    ...(plan.met ? [] : ['The criterion is not met everywhere; the reasons in the plan say where it fails.']),
    ...(beyond > 0.05
      ? [
          `The target lies ${decimals(beyond, 1)} decades beyond the largest model measured: the forecast is an extrapolation.`,
        ]
      : []),
  ];
}

function productsText(data: ReportData, plan: Plan): string {
  const baseline = baselineProducts(data, plan);
  const fewer = plan.layers.filter((layer) => layer.products < baseline).length;
  const more = plan.layers.filter((layer) => layer.products > baseline).length;
  const same = plan.layers.length - fewer - more;
  const parts = [
    ...(fewer > 0 ? [`fewer in ${fewer}`] : []),
    ...(same > 0 ? [`as many in ${same}`] : []),
    ...(more > 0 ? [`more in ${more}`] : []),
  ];
  return `compared with the ${baseline} matrix products of ${plan.baseline.name} it takes ${list(parts)}`;
}

function costText({ saved, baseline }: Plan): string {
  if (Math.abs(saved) < 5e-4) return `Altogether it costs as many Newton-Schulz flops as ${baseline.name} everywhere`;
  const change = saved > 0 ? `${percent(saved)} fewer` : `${percent(-saved)} more`;
  return `Altogether it costs ${change} Newton-Schulz flops than ${baseline.name} everywhere`;
}
