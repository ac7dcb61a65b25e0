/** Draws a spec with Observable Plot, and finds where its points stand. */
import * as Plot from '@observablehq/plot';
import type { ChartSpec, SpecPoint } from '../../../src/report/charts/chartSpec.ts';

/** A point with its place in pixels of the drawing. */
export interface PlacedPoint {
  readonly left: number;
  readonly top: number;
  readonly point: SpecPoint;
}

export interface DrawnChart {
  readonly svg: SVGSVGElement;
  /** Placed when first asked for. */
  points(): readonly PlacedPoint[];
  /** Pixels from the left of a value of x; null off the plot. */
  placeX(value: number): number | null;
}

/** Drawn outside the page: Plot brings a style element, which the page's policy refuses. */
let elsewhere: Document | null = null;

export function drawChart(spec: ChartSpec, width: number, isShown: (key: string) => boolean): DrawnChart {
  elsewhere ??= document.implementation.createHTMLDocument('');
  const options = spec.plot(width, isShown);
  const plot = Plot.plot({ ...options, document: elsewhere }) as SVGSVGElement & Plot.Plot; // a plot without legend or caption
  for (const style of plot.querySelectorAll('style')) style.remove();
  for (const element of [plot, ...plot.querySelectorAll('[style]')]) element.removeAttribute('style');
  plot.setAttribute('aria-hidden', 'true');
  plot.setAttribute('fill', 'currentColor');
  plot.setAttribute('font-size', '12');
  const scale = (name: 'x' | 'y' | 'fx' | 'fy') => plot.scale(name);
  const [x, y, fx, fy] = [scale('x'), scale('y'), scale('fx'), scale('fy')];
  const place = (point: SpecPoint): PlacedPoint => ({
    left: x?.apply(point.x) + (fx && point.fx !== undefined ? fx.apply(point.fx) - (options.marginLeft ?? 0) : 0),
    top: y?.apply(point.y) + (fy && point.fy !== undefined ? fy.apply(point.fy) - (options.marginTop ?? 0) : 0),
    point,
  });
  let placed: readonly PlacedPoint[] | null = null;
  const points = (): readonly PlacedPoint[] => {
    const shown = spec.points.filter(({ key, also }) => [key, also].every((id) => id === undefined || isShown(id)));
    placed ??= shown.map(place).filter(({ left, top }) => Number.isFinite(left) && Number.isFinite(top));
    return placed;
  };
  const placeX = (value: number): number | null => {
    const left = Number(x?.apply(value));
    return left >= (options.marginLeft ?? 0) - 1 && left <= width - (options.marginRight ?? 0) + 1 ? left : null;
  };
  return { svg: document.adoptNode(plot), points, placeX };
}

/** The point nearest to a place; null if none is near. */
export function nearestPoint(
  points: readonly PlacedPoint[],
  left: number,
  top: number,
  reach = 60,
): PlacedPoint | null {
  let [best, distance] = [null as PlacedPoint | null, reach];
  for (const point of points) {
    const away = Math.hypot(point.left - left, point.top - top);
    if (away < distance) [best, distance] = [point, away];
  }
  return best;
}

/**
 * The point that a key of the keyboard leads to: beside the last one on its line, or nearest to it on the next line.
 *
 * @param from null at the beginning @returns null if the key leads nowhere
 */
export function pointBeside(points: readonly PlacedPoint[], from: SpecPoint | null, key: string): PlacedPoint | null {
  if (!['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'Home', 'End'].includes(key)) return null;
  const here = points.find(({ point }) => point === from);
  if (here === undefined) return points[0] ?? null;
  const line = points.filter(({ point }) => point.key === here.point.key);
  const at = line.indexOf(here);
  if (key === 'Home') return line[0] ?? null;
  if (key === 'End') return line.at(-1) ?? null;
  if (key === 'ArrowRight') return line[at + 1] ?? here;
  if (key === 'ArrowLeft') return line[at - 1] ?? here;
  const keys = [...new Set(points.map(({ point }) => point.key))];
  const next = keys[keys.indexOf(here.point.key) + (key === 'ArrowUp' ? 1 : -1)];
  const others = keys.length > 1 ? points.filter(({ point }) => point.key === next) : [];
  return nearestPoint(others, here.left, here.top, Number.POSITIVE_INFINITY) ?? here;
}
