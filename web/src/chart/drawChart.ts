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
  readonly points: readonly PlacedPoint[];
}

/** Drawn outside the page: Plot brings a style element, which the page's policy refuses. */
const elsewhere = document.implementation.createHTMLDocument('');

export function drawChart(spec: ChartSpec, width: number, isShown: (key: string) => boolean): DrawnChart {
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
  const shown = spec.points.filter(({ key }) => key === undefined || isShown(key));
  const points = shown.map(place).filter(({ left, top }) => Number.isFinite(left) && Number.isFinite(top));
  return { svg: document.adoptNode(plot), points };
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
