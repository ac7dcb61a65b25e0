/** Which schedules a training framework can run, in its own rule, and what a plan loses by it. */
import { formatShare, significant } from '../base/numbers.ts';
import type { Remedy } from '../newtonSchulz/remedy.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import type { Plan, PlanLayer } from './plan.ts';
import { isSameSchedule } from './rules.ts';

/** Frameworks that a plan can be written for. */
export const FRAMEWORKS = ['torch', 'optax', 'emerging-optimizers', 'dion'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** What limits a framework. */
export interface FrameworkRule {
  readonly expresses: (schedule: NsSchedule) => boolean;
  /** The limit, as the end of a sentence about the framework. */
  readonly limit: string;
  /** What it can do about rounding; the file it is given says nothing else. */
  readonly remedies: readonly Remedy[];
  /** Arithmetic of its products if it offers no choice. */
  readonly precision: NsSchedule['precision'] | null;
  /** Whether one triple is all it takes, so that one is worth designing. */
  readonly repeatsOneTriple?: true;
}

/**
 * torch.optim.Muon (2.9 and newer): one triple a parameter group, repeated `ns_steps` < 100 times, in bfloat16 behind
 * X / max(||X||_F, eps). optax.contrib.muon 0.2.8: a triple a step, behind X / (||X||_F + eps), and three products a step
 * even where c = 0. Emerging-Optimizers and dion take any list and skip the square where c = 0. A factor on the norm is
 * folded into the first step, which is exact but for epsilon. Emerging-Optimizers keeps X in float32 whatever the precision
 * of its products; the others keep it in the precision of the products.
 */
export const FRAMEWORK_RULES: Readonly<Record<Framework, FrameworkRule>> = {
  torch: {
    expresses: (schedule) => isFrobenius(schedule) && isOneTriple(schedule) && !hasCubicStep(schedule),
    limit: 'repeats one triple (a, b, c) a parameter group behind the plain Frobenius norm',
    remedies: ['none'],
    precision: 'bf16',
    repeatsOneTriple: true,
  },
  optax: {
    expresses: (schedule) => isFrobenius(schedule) && !hasCubicStep(schedule),
    limit: 'multiplies three times a step even where c = 0, so cubic steps save nothing',
    remedies: ['none'],
    precision: null,
  },
  'emerging-optimizers': {
    expresses: isFrobenius,
    limit: 'normalises by the Frobenius norm',
    remedies: ['none', 'float32 iterate'],
    precision: null,
  },
  dion: {
    expresses: isFrobenius,
    limit: 'normalises by the Frobenius norm',
    remedies: ['none'],
    precision: null,
  },
};

/** Where the plan of a framework has designed triples: which, and the plan without them. */
export interface Designed {
  readonly designed: ReadonlySet<string>;
  readonly published: Plan;
}

/**
 * What the plan of a framework loses against the plan without its limits: a sentence each, empty if nothing is lost.
 *
 * @param free from all schedules; `limited` from those that the framework expresses
 */
export function expressionLosses(free: Plan, limited: Plan, framework: Framework, own?: Designed): readonly string[] {
  const { limit, precision } = FRAMEWORK_RULES[framework];
  const changed = limited.layers.filter(
    (row, i) => !runsTheSame(row, free.layers[i]) && !losesRemedy(free.layers[i], framework),
  );
  const lost = limited.layers.filter((row, i) => row.met === false && free.layers[i]?.met !== false);
  const losses: string[] = [];
  losses.push(...lostRemedies(free, framework));
  if (changed.length > 0)
    losses.push(
      `${framework} ${limit}: ${changed.length} of ${limited.layers.length} rows run another schedule than without ` +
        `that limit, for ${moreOrFewer(limited.flops / free.flops - 1)} Newton-Schulz flops.`,
    );
  if (own) losses.push(...designedTriples(own, limited, free));
  if (lost.length > 0)
    losses.push(
      `${rowsThat(lost.length, 'miss')} the floor that another framework would meet; the lowest output is ` +
        `${significant(Math.min(...lost.map(({ reach = 0 }) => reach)))}.`,
    );
  if (precision !== null && precision !== free.criterion.precision)
    losses.push(`${framework} multiplies in ${precision}; the plan was asked for ${free.criterion.precision}.`);
  return losses;
}

function designedTriples({ designed, published }: Designed, limited: Plan, free: Plan): readonly string[] {
  const rows = limited.layers.filter(({ schedule }) => designed.has(schedule.name)).length;
  if (rows === 0) return [];
  const missed = published.layers.filter(({ met }) => met === false).length;
  const otherwise = moreOrFewer(published.flops / free.flops - 1);
  return [
    `${rowsThat(rows, 'run')} one of ${designed.size} triples designed for their forecasts; with published triples alone it ` +
      `would be ${otherwise} flops${missed > 0 ? `, and ${missed} of ${published.layers.length} rows would miss the floor` : ''}.`,
  ];
}

/** (1, "miss") -> "1 row misses". */
function rowsThat(count: number, verb: string): string {
  if (count !== 1) return `${count} rows ${verb}`;
  return `1 row ${verb}${verb.endsWith('s') ? 'es' : 's'}`;
}

function lostRemedies({ layers, criterion }: Plan, framework: Framework): readonly string[] {
  const lost = layers.filter((row) => losesRemedy(row, framework)).map(({ remedy }) => remedy?.name);
  if (lost.length === 0) return [];
  return [
    `${framework} cannot express ${[...new Set(lost)].join(', ')}, which ${lost.length} of ${layers.length} rows of the plan ` +
      `use against rounding to ${criterion.precision}; they are planned without.`,
  ];
}

function losesRemedy(row: PlanLayer | undefined, framework: Framework): boolean {
  return row?.remedy !== undefined && !FRAMEWORK_RULES[framework].remedies.includes(row.remedy.name);
}

function moreOrFewer(share: number): string {
  if (share === 0) return 'as many';
  return share > 0 ? `${formatShare(share)} more` : `${formatShare(-share)} fewer`;
}

/** Whatever their precision. */
function runsTheSame({ schedule }: PlanLayer, other: PlanLayer | undefined): boolean {
  return other !== undefined && isSameSchedule({ ...schedule, precision: other.schedule.precision }, other.schedule);
}

function isFrobenius({ entry }: NsSchedule): boolean {
  return entry.normalisation === 'frobenius';
}

function isOneTriple({ coefficients, entry }: NsSchedule): boolean {
  const [first] = coefficients;
  return entry.scale === 1 && coefficients.every((step) => step.every((value, i) => value === first?.[i]));
}

function hasCubicStep({ coefficients }: NsSchedule): boolean {
  return coefficients.some(([, , c]) => c === 0);
}
