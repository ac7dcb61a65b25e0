/** A spec as an SVG text, as a browser would draw it. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { ChartSpec } from '../../../src/report/charts/chartSpec.ts';

export function drawSpec(spec: ChartSpec, isShown: (key: string) => boolean = () => true, width = 960): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...spec.plot(width, isShown), document });
  for (const style of svg.querySelectorAll('style')) style.remove();
  return `${svg.outerHTML.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))).replace(/<(?=g[ >])/g, '\n<')}\n`;
}
