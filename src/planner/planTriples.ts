/**
 * A plan of repeated triples, for a framework that runs one triple (a, b, c) a parameter group: published ones, and where
 * they cost more or come less close to 1, ones designed for their layers.
 *
 * Method, in named steps
 * 1. steps: the cheapest plan from the published triples and, at every number of steps, the steepest triples that keep to
 *    the criterion; so each row has the fewest steps that any triple can do with.
 * 2. groups: neighbouring layers of one kind of matrix with the same number of steps.
 * 3. design: for each group the triple that brings its directions down to the quantile closest to 1, as an expectation
 *    over the error of the forecasts (designRepeatedTriple). A published triple as good is kept.
 * 4. the plan from these, each row among its own triple and whatever is cheaper.
 */
import { directionsOf, valueAtQuantile } from '../newtonSchulz/quantileSpectrum.ts';
import {
  designRepeatedTriple,
  equioscillatingTriple,
  expectedDistance,
  shortened,
  type WeightedInput,
} from '../newtonSchulz/repeatedTriple.ts';
import type { NsCoefficients, NsSchedule } from '../newtonSchulz/schedule.ts';
import { DIP_TOLERANCE, MAX_OUTPUT } from './judge.ts';
import type { ModelForecast } from './modelForecast.ts';
import type { Plan, PlanLayer } from './plan.ts';
import { type LayerForecast, planLayers } from './planLayers.ts';
import { planForecast } from './planModel.ts';
import { createRounding, type Rounding } from './rounding.ts';

/** A plan of repeated triples. */
export interface TriplePlan {
  readonly plan: Plan;
  /** Names of the designed triples it runs. */
  readonly designed: ReadonlySet<string>;
}

/** What is not chosen. */
export interface TriplePlanOptions {
  readonly tokensPerStep?: number;
}

/** Enough for 1e-9, at a slope of 3.7. */
const MOST_STEPS = 16;

/** A published triple is kept where the distance of a designed one is not smaller by more than this share. */
const WORTH_DESIGNING = 0.02;

/**
 * The best plan of repeated triples.
 *
 * @param published triples to choose from besides; each schedule repeats one
 */
export function planTriples(
  forecast: ModelForecast,
  published: readonly NsSchedule[],
  options: TriplePlanOptions = {},
): TriplePlan {
  const steepest = steepestTriples(forecast);
  const known = [...published, ...steepest];
  const remedies = ['none'] as const;
  const first = planForecast(forecast, { ...options, remedies, schedules: known });
  const designs = new Map<string, NsSchedule>();
  const choiceOf = new Map<LayerForecast, ReadonlySet<string>>();
  const rounding = createRounding(forecast.criterion.precision);
  for (const group of groupsOf(first.layers, forecast.rows)) {
    const design = designFor(group, forecast, { known, rounding, taken: designs });
    if (design && !known.includes(design)) designs.set(design.name, design);
    const cheaper = known.filter(({ coefficients }) => coefficients.length < group.steps).map(({ name }) => name);
    for (const [name, rows] of byName(group, design)) {
      const names = new Set([name, ...cheaper]);
      for (const row of rows) choiceOf.set(row, names);
    }
  }
  const plan = planForecast(forecast, {
    ...options,
    remedies,
    schedules: [...known, ...designs.values()],
    among: (row) => choiceOf.get(row),
  });
  const ran = new Set(plan.layers.map(({ schedule }) => schedule.name));
  const isOwn = (name: string): boolean => designs.has(name) || steepest.some((schedule) => schedule.name === name);
  return { plan, designed: new Set([...ran].filter(isOwn)) };
}

/**
 * At each number of steps the steepest triple, which reaches farthest down, and the steepest that never comes back below
 * the floor, which meets it everywhere above.
 */
function steepestTriples({ criterion }: ModelForecast): readonly NsSchedule[] {
  const { floor } = criterion;
  const { lowest, highest } = limitsOf(floor);
  const kinds: readonly (readonly [string, number])[] = [
    ['steepest triple', lowest],
    ['steep triple', floor],
  ];
  return kinds.flatMap(([name, least]) =>
    Array.from({ length: MOST_STEPS }, (_, k) =>
      repeated(name, shortened(equioscillatingTriple(least, highest)), k + 1, criterion.precision),
    ),
  );
}

/** Those of the criterion, see `judge`, with room for coefficients of six decimals. */
function limitsOf(floor: number): { readonly lowest: number; readonly highest: number } {
  return { lowest: (1 + SHORTENING) * (1 - DIP_TOLERANCE) * floor, highest: (1 - SHORTENING) * MAX_OUTPUT };
}

const SHORTENING = 1e-4;

/** Neighbouring layers that can do with the same number of steps. */
interface TripleGroup {
  readonly steps: number;
  readonly rows: readonly LayerForecast[];
  /** What each row runs in the first plan. */
  readonly names: readonly string[];
}

/** Rows by what they run: the design, or what each ran in the first plan where there is none. */
function byName(
  { rows, names }: TripleGroup,
  design: NsSchedule | null,
): ReadonlyMap<string, readonly LayerForecast[]> {
  const found = new Map<string, LayerForecast[]>();
  for (const [i, row] of rows.entries()) {
    const name = design?.name ?? names[i]!;
    found.set(name, [...(found.get(name) ?? []), row]);
  }
  return found;
}

function groupsOf(layers: readonly PlanLayer[], rows: readonly LayerForecast[]): readonly TripleGroup[] {
  const groups: { steps: number; rows: LayerForecast[]; names: string[]; last: PlanLayer }[] = [];
  for (const [i, layer] of layers.entries()) {
    if (layer.met === false) continue;
    const steps = layer.schedule.coefficients.length;
    const group = groups.at(-1);
    const continues =
      group?.steps === steps &&
      group.last.parameter === layer.parameter &&
      group.last.layer !== undefined &&
      layer.layer === group.last.layer + 1;
    if (group && continues) {
      group.rows.push(rows[i]!);
      group.names.push(layer.schedule.name);
      group.last = layer;
    } else groups.push({ steps, rows: [rows[i]!], names: [layer.schedule.name], last: layer });
  }
  return groups;
}

/** What a design is made and compared with. */
interface DesignContext {
  /** Published triples and the steepest. */
  readonly known: readonly NsSchedule[];
  readonly rounding: Rounding;
  /** Names that are in use. */
  readonly taken: ReadonlyMap<string, NsSchedule>;
}

/** Room for rounding, in shares of the floor, tried one after the other. */
const MARGINS = [1e-4, 0.01, 0.03];

/** The triple of a group; null if no single one keeps the floor in every row once products are rounded. */
function designFor(
  { steps, rows }: TripleGroup,
  { criterion }: ModelForecast,
  { known, rounding, taken }: DesignContext,
): NsSchedule | null {
  const { floor, precision } = criterion;
  const directions = directionsOfRows(rows, criterion.quantile);
  const meets = (schedule: NsSchedule): boolean =>
    planLayers(rows, criterion, { schedules: [schedule], remedies: ['none'], rounding }).met;
  const required = rows.map(plannedFor);
  const distanceOf = (schedule: NsSchedule): number => expectedDistance(schedule.coefficients[0]!, steps, directions);
  const [best] = known
    .filter(({ coefficients }) => coefficients.length === steps)
    .filter(meets)
    .sort((a, b) => distanceOf(a) - distanceOf(b));
  for (const margin of MARGINS) {
    const limits = { ...limitsOf(floor), floor: floor * (1 + margin), required };
    const found = designRepeatedTriple(steps, directions, limits);
    if (found === null) break;
    if (best && distanceOf(best) <= (1 + WORTH_DESIGNING) * found.distance) return best;
    const schedule =
      sameAs(found.coefficients, steps, taken) ?? repeated(nameFor(rows, taken), found.coefficients, steps, precision);
    if (meets(schedule)) return schedule;
  }
  return best ?? null;
}

/** One that was designed for the like: mlp.gate and mlp.up have the same forecasts. */
function sameAs(triple: NsCoefficients, steps: number, taken: ReadonlyMap<string, NsSchedule>): NsSchedule | undefined {
  return [...taken.values()].find(
    ({ coefficients }) => coefficients.length === steps && coefficients[0]!.every((value, i) => value === triple[i]),
  );
}

/** "triple(3.41e-4)": what it brings to the floor, with as many digits as tell it from those taken. */
function nameFor(rows: readonly LayerForecast[], taken: ReadonlyMap<string, NsSchedule>): string {
  const smallest = Math.min(...rows.map(plannedFor));
  const known = [...taken.keys()].map((name) => name.replace(/ x\d+$/, ''));
  for (let digits = 2; ; digits++) {
    const name = `triple(${smallest.toExponential(Math.min(digits, 20))}${digits > 20 ? ` ${digits}` : ''})`;
    if (!known.includes(name)) return name;
  }
}

/** Of the hardest, the easiest and the middle row, each of as many parts. */
const PARTS = 32;

/** Gauss and Hermite's three points: the expectation over a normal error in ln sigma. */
const NODES: readonly (readonly [z: number, weight: number])[] = [
  [-Math.sqrt(3), 1 / 6],
  [0, 2 / 3],
  [Math.sqrt(3), 1 / 6],
];

/** Directions up to the quantile, at the forecasts and their errors. */
function directionsOfRows(rows: readonly LayerForecast[], quantile: number): readonly WeightedInput[] {
  const sorted = [...rows].sort((a, b) => a.sigma.value - b.sigma.value);
  const shown = new Set([sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!]);
  return [...shown].flatMap((row) => {
    const error = row.sigma.low > 0 ? Math.log(row.sigma.value / row.sigma.low) / 2 : 0; // 95 % is two standard errors
    return directionsOfRow(row, quantile).flatMap(({ input, weight }) =>
      NODES.map(([z, share]) => ({ input: Math.min(1, input * Math.exp(z * error)), weight: share * weight })),
    );
  });
}

/** The spectrum of the row's measured depth, scaled to its forecast; the forecast alone where no spectrum is known. */
function directionsOfRow({ spectrum, sigma }: LayerForecast, quantile: number): readonly WeightedInput[] {
  if (!spectrum) return [{ input: sigma.value, weight: 1 }];
  const at = valueAtQuantile(spectrum, quantile);
  const { sigma: values, count } = directionsOf(spectrum, PARTS);
  const scale = at > 0 ? sigma.value / at : 1;
  return Array.from(values, (value, i) => ({ value, weight: count[i]! }))
    .filter(({ value }) => value >= at)
    .map(({ value, weight }) => ({ input: Math.min(1, value * scale), weight }));
}

function plannedFor({ plannedFor: value, sigma }: LayerForecast): number {
  return value ?? sigma.value;
}

function repeated(name: string, triple: NsCoefficients, steps: number, precision: NsSchedule['precision']): NsSchedule {
  return {
    name: `${name} x${steps}`,
    source: 'designed, see repeatedTriple.ts',
    coefficients: Array<NsCoefficients>(steps).fill(triple),
    entry: { normalisation: 'frobenius', scale: 1, epsilon: 1e-7 },
    precision,
  };
}
