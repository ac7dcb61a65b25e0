/** The records of one matrix as typed columns that grow: records may come late, the columns ascend by step. */

/** Numbers of a record that are kept beside its quantiles. */
export const MEASURES = ['spectral', 'smallest', 'stableRank', 'effectiveRank', 'outlierShare', 'frobenius'] as const;

export type Measure = (typeof MEASURES)[number];

/** Which matrix, at which stage. */
export interface SeriesIdentity {
  readonly name: string;
  readonly role: string;
  readonly layer: number;
  readonly layers: number;
  readonly depth: number;
  readonly stage: string;
  readonly shape: readonly [number, number];
  /** Of the first record. */
  readonly quantiles: readonly number[];
  /** Values below floor * spectral are not resolved. */
  readonly floor: number;
}

/** The records of one matrix at one stage; steps ascend. */
export interface SeriesColumns extends SeriesIdentity {
  readonly count: number;
  /** Shape (count,). */
  readonly steps: Float64Array;
  /** One a quantile, each of shape (count,); NaN where a record lacks it. */
  readonly values: readonly Float32Array[];
  readonly measures: Readonly<Record<Measure, Float32Array>>;
}

/** A series in the making: columns with room for more than `count` records. */
export interface GrowingSeries {
  readonly identity: SeriesIdentity;
  count: number;
  /** How many of the first records ascend, each step once; later ones are merged when the columns are asked for. */
  ordered: number;
  steps: Float64Array;
  columns: Float32Array[];
}

export function emptySeries({
  name,
  role,
  layer,
  layers,
  depth,
  stage,
  shape,
  quantiles,
  floor,
}: SeriesIdentity): GrowingSeries {
  return {
    identity: { name, role, layer, layers, depth, stage, shape, quantiles, floor },
    count: 0,
    ordered: 0,
    steps: new Float64Array(16),
    columns: Array.from({ length: quantiles.length + MEASURES.length }, () => new Float32Array(16)),
  };
}

/** @param measure the i-th of MEASURES */
export function append(
  series: GrowingSeries,
  step: number,
  quantiles: readonly number[],
  values: readonly number[],
  measure: (i: number) => number,
): void {
  const { identity, count } = series;
  if (count === series.steps.length) enlarge(series);
  if (series.ordered === count && !(step <= series.steps[count - 1]!)) series.ordered++;
  series.steps[count] = step;
  const wanted = identity.quantiles;
  for (let i = 0; i < wanted.length; i++) {
    const at = quantiles[i] === wanted[i] ? i : quantiles.indexOf(wanted[i]!);
    series.columns[i]![count] = at < 0 ? Number.NaN : values[at]!;
  }
  for (let i = 0; i < MEASURES.length; i++) series.columns[wanted.length + i]![count] = measure(i);
  series.count++;
}

function enlarge(series: GrowingSeries): void {
  const capacity = 2 * series.steps.length;
  const steps = new Float64Array(capacity);
  steps.set(series.steps);
  series.steps = steps;
  series.columns = series.columns.map((column) => {
    const larger = new Float32Array(capacity);
    larger.set(column);
    return larger;
  });
}

/** Columns are good until they are asked for again. */
export function columnsOf(series: GrowingSeries): SeriesColumns {
  if (series.ordered < series.count) mergeLate(series);
  const { identity, count, columns } = series;
  const cut = columns.map((column) => column.subarray(0, count));
  const measures = Object.fromEntries(MEASURES.map((name, i) => [name, cut[identity.quantiles.length + i]!]));
  return {
    ...identity,
    count,
    steps: series.steps.subarray(0, count),
    values: cut.slice(0, identity.quantiles.length),
    measures: measures as Record<Measure, Float32Array>, // one of each, from MEASURES
  };
}

/**
 * Puts the records after the ordered ones in their places; of records of the same step the last counts.
 *
 * Only what stands behind the first of these places is moved, so that a record that comes late costs little.
 */
function mergeLate(series: GrowingSeries): void {
  const { ordered, count, steps, columns } = series;
  const rows = Array.from({ length: count - ordered }, (_, i) => ordered + i);
  rows.sort((a, b) => steps[a]! - steps[b]! || a - b);
  const late = rows.filter((row, i) => steps[row] !== steps[rows[i + 1] ?? -1]);
  const lateSteps = late.map((row) => steps[row]!);
  const places = lateSteps.map((step) => placeOf(step, steps, ordered));
  const isNew = lateSteps.map((step, i) => places[i] === ordered || steps[places[i]!] !== step);
  for (const column of [steps, ...columns]) {
    const values = late.map((row) => column[row]!);
    let end = ordered;
    let shift = isNew.filter(Boolean).length;
    for (let i = late.length - 1; i >= 0; i--) {
      const place = places[i]!;
      if (isNew[i]) {
        column.copyWithin(place + shift, place, end);
        end = place;
        shift--;
        column[place + shift] = values[i]!;
      } else column[place] = values[i]!; // moves on with its neighbours
    }
  }
  series.count = ordered + isNew.filter(Boolean).length;
  series.ordered = series.count;
}

/** The first of `count` ascending steps at or after `step`; `count` if there is none. */
function placeOf(step: number, steps: Float64Array, count: number): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
