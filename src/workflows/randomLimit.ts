/** What Marchenko-Pastur and the exact response of a schedule say of one shape. */
import { inputsBelow } from '../newtonSchulz/inputsBelow.ts';
import type { NsSchedule } from '../newtonSchulz/schedule.ts';
import { marchenkoPasturCdf, marchenkoPasturQuantile } from '../spectra/marchenkoPastur.ts';

/** Rows are the smaller side. */
export interface Shape {
  readonly rows: number;
  readonly columns: number;
}

type Intervals = ReturnType<typeof inputsBelow>;

/** Widths are searched up to here. */
const LARGEST_WIDTH = 1e12;
/** Between two widths tried; the share changes slowly against this. */
const WIDTH_RATIO = 1.1;

/** sigma of X / ||X||_F at a share `q` of the descending spectrum. */
export function limitQuantile(q: number, { rows, columns }: Shape): number {
  return marchenkoPasturQuantile(q, rows / columns) / Math.sqrt(rows);
}

/** Share of the singular values of X / ||X||_F at or below `sigma`. */
export function limitShareUpTo(sigma: number, { rows, columns }: Shape): number {
  return marchenkoPasturCdf(sigma * Math.sqrt(rows), rows / columns);
}

/** Share of directions whose output is below `level`, as a function of the shape. */
export function limitShareBelow(
  level: number,
  schedule: Pick<NsSchedule, 'entry' | 'coefficients'>,
): (shape: Shape) => number {
  const lost = inputsBelow(level, schedule);
  return (shape) => shareInside(lost, shape);
}

/**
 * The smallest width of at least 2 at which more than `share` of the directions stay below `level`.
 *
 * Widths a tenth apart are tried in turn, then the two around the first that fails are bisected.
 *
 * @param aspect larger over smaller dimension
 * @returns null if no width up to 1e12 does
 */
export function widthLeaving(share: number, level: number, schedule: NsSchedule, aspect: number): number | null {
  const below = limitShareBelow(level, schedule);
  const fails = (rows: number): boolean => below({ rows, columns: Math.round(rows * aspect) }) > share;
  let low = 1;
  let high = 2;
  while (!fails(high)) {
    if (high > LARGEST_WIDTH) return null;
    low = high;
    high = Math.ceil(high * WIDTH_RATIO);
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fails(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function shareInside(intervals: Intervals, shape: Shape): number {
  return intervals.reduce((sum, [low, high]) => sum + limitShareUpTo(high, shape) - limitShareUpTo(low, shape), 0);
}
