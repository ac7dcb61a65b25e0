/** Domains, ticks and tick labels of logarithmic axes, and thinning of lines to what pixels can show. */
import { significant } from '../../base/numbers.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Smallest and largest positive finite value, moved out by the factors `room` and `headroom`; null if there is none. */
export function logDomain(values: Iterable<number>, room = 1.25, headroom: number = room): [number, number] | null {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values) {
    if (!(value > 0 && Number.isFinite(value))) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high === 0 ? null : [low / room, high * headroom];
}

/** Powers of ten inside the domain, every second or third if there are more than `most`; 1-2-5 below two powers. */
export function logTicks([low, high]: readonly [number, number], most = 5): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const decades = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  if (decades.length >= 2) {
    const stride = Math.ceil(decades.length / most);
    return decades.filter((exponent) => (last - exponent) % stride === 0).map(powerOfTen);
  }
  const fine: number[] = [];
  for (let exponent = first - 1; exponent <= last + 1; exponent++)
    for (const digit of [1, 2, 5]) fine.push(digit * powerOfTen(exponent));
  const inside = fine.filter((tick) => tick >= low && tick <= high);
  return inside.length > 0 ? inside.slice(0, most) : [Number(Math.sqrt(low * high).toPrecision(2))];
}

/** 0.001 -> "10⁻³", 0.02 -> "2·10⁻²", 1 -> "1". */
export function formatPower(value: number): string {
  if (value >= 0.5 && value < 1000) return significant(value, 2);
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const digit = significant(value / powerOfTen(exponent), 2);
  const power = `10${exponent < 0 ? '⁻' : ''}${[...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[Number(d)]).join('')}`;
  return digit === '1' ? power : `${digit}·${power}`;
}

/** A point of a line. */
export interface LinePoint {
  readonly x: number;
  readonly y: number;
}

/**
 * At most four points a column of pixels: the first, lowest, highest and last of those that fall into it.
 *
 * What is drawn keeps its envelope; points that are not finite are left out.
 *
 * @param points x ascends
 * @param columns columns of pixels between the first and the last x
 * @source Jugel et al. 2014, M4
 */
export function thinLine<T extends LinePoint>(points: readonly T[], columns: number): T[] {
  const finite = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  if (finite.length <= 2 * columns) return finite;
  const start = finite[0]!.x;
  const width = (finite.at(-1)!.x - start) / columns || 1;
  const buckets = new Map<number, T[]>();
  for (const point of finite) {
    const column = Math.min(columns - 1, Math.floor((point.x - start) / width));
    const bucket = buckets.get(column);
    if (bucket) bucket.push(point);
    else buckets.set(column, [point]);
  }
  return [...buckets.values()].flatMap(extremes);
}

function extremes<T extends LinePoint>(bucket: readonly T[]): T[] {
  const low = bucket.reduce((a, b) => (b.y < a.y ? b : a));
  const high = bucket.reduce((a, b) => (b.y > a.y ? b : a));
  const kept = new Set([bucket[0]!, low, high, bucket.at(-1)!]);
  return bucket.filter((point) => kept.has(point));
}

/** Exact for the exponents that occur: 10 ** -5 is not 1e-5 in every engine. */
function powerOfTen(exponent: number): number {
  return Number(`1e${exponent}`);
}
