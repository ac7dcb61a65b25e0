/**
 * A forecast at every depth, from laws at a few measured depths.
 *
 * What: ln sigma as a function of relative depth, for a model whose layers lie between the measured depths.
 *
 * Method, in named steps
 * 1. value: the monotone cubic of Fritsch and Carlson through (depth, ln value), with Butland's slopes. It passes through
 *    every measured depth and stays between its two neighbours; where the measured values turn, so does it, at a measured
 *    depth. Before the first depth and beyond the last it is constant: nothing was measured there.
 * 2. law uncertainty: the half-widths of the two neighbours' 95 % intervals, in ln, interpolated linearly; below and above
 *    the value separately.
 * 3. interpolation uncertainty: how far a measured depth falls from the curve when it is left out, root mean square over
 *    the inner depths; with only two depths, half their difference. That error belongs to the middle of a gap twice as
 *    wide; a Brownian bridge carries it to a place t of the way through a gap of width g: error sqrt(g / gap) 2 sqrt(t (1 - t)).
 *    It is zero at the measured depths and counts twice, as a 95 % margin.
 * 4. The two add in quadrature. What lies outside both neighbours' intervals is cut off, since between two measured
 *    depths a monotone course does not leave them.
 *
 * Guaranteed: the measured depth gives its forecast unchanged; values are monotone between neighbours; low <= value <= high.
 * Not guaranteed: that depth has a monotone effect, or any coverage before the first measured depth.
 *
 * Source: Fritsch, Carlson 1980, SIAM J. Numer. Anal. 17, 238; Fritsch, Butland 1984, SIAM J. Sci. Stat. Comput. 5, 300.
 */
import { DomainError } from '../base/errors.ts';
import type { Interval } from './law.ts';

/** A forecast at a measured depth, all three numbers positive. */
export interface DepthForecast extends Interval {
  /** Relative depth, in (0, 1]. */
  readonly depth: number;
}

/** A forecast at any depth, and what it rests on. */
export interface InterpolatedForecast extends Interval {
  /** Indices of the measured depths around it; equal at a measured depth and outside all of them. */
  readonly between: readonly [number, number];
}

/** Standard errors of a 95 % interval. */
const MARGIN = 2;

/** Depths closer than this are the same: (layer + 1) / layers in floating point. */
const SAME_DEPTH = 1e-9;

/**
 * The forecast of every measured depth as a function of depth.
 *
 * @param measured at least one, depths ascending and distinct
 * @throws DomainError for depths out of order or a forecast that is not positive
 * @example interpolateDepths([{ depth: 0.5, value: 4, low: 4, high: 4 }, { depth: 1, value: 1, low: 1, high: 1 }])(0.75).value // 2
 */
export function interpolateDepths(measured: readonly DepthForecast[]): (depth: number) => InterpolatedForecast {
  requireMeasured(measured);
  const curve = monotoneCubic(
    measured.map(({ depth }) => depth),
    measured.map(({ value }) => Math.log(value)),
  );
  const errorPerWidth = interpolationError(measured);
  const margins = measured.map((point): MeasuredMargins => {
    const { value, low, high } = point;
    return { point, below: Math.log(value / low), above: Math.log(high / value) };
  });
  return (depth) => {
    let right = 0;
    while (right < measured.length && !(measured[right]!.depth > depth - SAME_DEPTH)) right++;
    const nearest = Math.min(right, measured.length - 1);
    const [left, next] = [margins[nearest - 1], margins[nearest]!];
    if (right === measured.length || !left || Math.abs(next.point.depth - depth) <= SAME_DEPTH)
      return at(next.point, nearest);
    return between(left, next, depth, { logValue: curve(depth), errorPerWidth, nearest });
  };
}

/**
 * The monotone cubic through points: y(x) with y'(x) continuous, monotone wherever the points are.
 *
 * @param x ascending, distinct
 * @returns constant outside [x[0], x[last]]
 */
export function monotoneCubic(x: readonly number[], y: readonly number[]): (at: number) => number {
  const slopes = monotoneSlopes(x, y);
  return (at) => {
    const right = x.findIndex((end) => end > at);
    if (right === 0) return y[0]!;
    if (right === -1) return y[y.length - 1]!;
    const [x0, x1, y0, y1] = [x[right - 1]!, x[right]!, y[right - 1]!, y[right]!];
    const h = x1 - x0;
    const t = (at - x0) / h;
    const value =
      y0 + t * t * (3 - 2 * t) * (y1 - y0) + h * t * (1 - t) * ((1 - t) * slopes[right - 1]! - t * slopes[right]!);
    return Math.min(Math.max(value, Math.min(y0, y1)), Math.max(y0, y1)); // rounding can leave it by an ulp
  };
}

/** Inside: Butland's weighted harmonic mean of the secants, 0 where they change sign. At the ends: three points, limited. */
function monotoneSlopes(x: readonly number[], y: readonly number[]): readonly number[] {
  const widths = x.slice(1).map((end, i) => end - x[i]!);
  const secants = widths.map((h, i) => (y[i + 1]! - y[i]!) / h);
  if (secants.length === 0) return [0];
  if (secants.length === 1) return [secants[0]!, secants[0]!];
  const inner = secants.slice(1).map((right, i) => {
    const [left, h0, h1] = [secants[i]!, widths[i]!, widths[i + 1]!];
    if (left * right <= 0) return 0;
    return (3 * (h0 + h1)) / ((2 * h1 + h0) / left + (h1 + 2 * h0) / right);
  });
  const last = secants.length - 1;
  return [
    endSlope(widths[0]!, widths[1]!, secants[0]!, secants[1]!),
    ...inner,
    endSlope(widths[last]!, widths[last - 1]!, secants[last]!, secants[last - 1]!),
  ];
}

function endSlope(h0: number, h1: number, secant: number, next: number): number {
  const slope = ((2 * h0 + h1) * secant - h0 * next) / (h0 + h1);
  if (slope * secant <= 0) return 0;
  return secant * next <= 0 && Math.abs(slope) > 3 * Math.abs(secant) ? 3 * secant : slope;
}

/** Error in ln value at the middle of a gap, over the square root of the gap's width. */
function interpolationError(measured: readonly DepthForecast[]): number {
  if (measured.length < 2) return 0;
  const [first, last] = [measured[0]!, measured[measured.length - 1]!];
  if (measured.length === 2)
    return Math.abs(Math.log(last.value / first.value)) / 2 / Math.sqrt(last.depth - first.depth);
  const squares = measured.slice(1, -1).map(({ depth, value }, i) => {
    const others = measured.filter((_, k) => k !== i + 1);
    const curve = monotoneCubic(
      others.map((point) => point.depth),
      others.map((point) => Math.log(point.value)),
    );
    const [left, right] = [measured[i]!.depth, measured[i + 2]!.depth];
    return (Math.log(value) - curve(depth)) ** 2 / ((4 * (depth - left) * (right - depth)) / (right - left));
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

/** A measured depth with the half-widths of its interval, in ln. */
interface MeasuredMargins {
  readonly point: DepthForecast;
  readonly below: number;
  readonly above: number;
}

function between(
  left: MeasuredMargins,
  right: MeasuredMargins,
  depth: number,
  {
    logValue,
    errorPerWidth,
    nearest,
  }: { readonly logValue: number; readonly errorPerWidth: number; readonly nearest: number },
): InterpolatedForecast {
  const width = right.point.depth - left.point.depth;
  const t = (depth - left.point.depth) / width;
  const error = MARGIN * errorPerWidth * Math.sqrt(width) * 2 * Math.sqrt(t * (1 - t));
  const below = Math.hypot((1 - t) * left.below + t * right.below, error);
  const above = Math.hypot((1 - t) * left.above + t * right.above, error);
  const value = Math.exp(logValue);
  return {
    value,
    low: Math.min(value, Math.max(Math.exp(logValue - below), Math.min(left.point.low, right.point.low))),
    high: Math.max(value, Math.min(Math.exp(logValue + above), Math.max(left.point.high, right.point.high))),
    between: [nearest - 1, nearest],
  };
}

function at({ value, low, high }: DepthForecast, index: number): InterpolatedForecast {
  return { value, low, high, between: [index, index] };
}

function requireMeasured(measured: readonly DepthForecast[]): void {
  if (measured.length === 0) throw new DomainError('interpolateDepths: expected at least one measured depth, got none');
  for (const [i, { depth, value, low, high }] of measured.entries()) {
    if (!(depth > (measured[i - 1]?.depth ?? 0)))
      throw new DomainError(`interpolateDepths: depths must be positive and ascend, got ${depth} at place ${i}`);
    if (!(low > 0 && low <= value && value <= high && high < Number.POSITIVE_INFINITY))
      throw new DomainError(
        `interpolateDepths: expected 0 < low <= value <= high at depth ${depth}, got ${low}, ${value}, ${high}`,
      );
  }
}
