/** A chart as a file: SVG, PNG or CSV. */

import { CHART_WIDTH, chartStyle, FONT_STACK } from '../../../src/report/charts/chart.ts';
import type { ChartSpec } from '../../../src/report/charts/chartSpec.ts';
import { csvText } from '../../../src/report/exports/csv.ts';
import { drawChart } from './drawChart.ts';

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** The chart with title, legend and axis titles, on white. */
export function chartFile(
  spec: ChartSpec,
  isShown: (key: string) => boolean,
): { readonly text: string; readonly height: number } {
  const { svg: plot } = drawChart(spec, CHART_WIDTH, isShown);
  const plotHeight = Number(plot.getAttribute('height'));
  const height = plotHeight + 76;
  const svg = document.createElementNS(NAMESPACE, 'svg');
  const set = (element: Element, attributes: Record<string, string | number>): Element => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    return element;
  };
  const add = (name: string, attributes: Record<string, string | number>, text = ''): void => {
    const element = set(document.createElementNS(NAMESPACE, name), attributes);
    element.textContent = text;
    svg.append(element);
  };
  set(svg, {
    xmlns: NAMESPACE,
    class: 'muonscope-chart',
    width: CHART_WIDTH,
    height,
    viewBox: `0 0 ${CHART_WIDTH} ${height}`,
    fill: 'currentColor',
  });
  add('title', {}, spec.title);
  add('desc', {}, spec.description);
  add('style', {}, chartStyle().replace(/@media.*$/s, ''));
  add('rect', { width: CHART_WIDTH, height, fill: '#ffffff' });
  add('text', { x: 12, y: 20, 'font-size': 15, 'font-weight': 600, 'font-family': FONT_STACK }, spec.title);
  spec.keys
    .filter(({ id }) => isShown(id))
    .forEach(({ label, ink }, i) => {
      add('rect', { x: 12 + 118 * i, y: 34, width: 14, height: 4, fill: ink.light });
      add('text', { x: 31 + 118 * i, y: 41, 'font-size': 12 }, label);
    });
  set(plot, { x: 0, y: 52 });
  svg.append(plot);
  add('text', { x: CHART_WIDTH / 2, y: height - 6, 'font-size': 12.5, 'text-anchor': 'middle' }, spec.axes.x);
  add(
    'text',
    { transform: `translate(13,${52 + plotHeight / 2}) rotate(-90)`, 'font-size': 12.5, 'text-anchor': 'middle' },
    spec.axes.y,
  );
  return { text: new XMLSerializer().serializeToString(svg), height };
}

export async function chartPng(spec: ChartSpec, isShown: (key: string) => boolean): Promise<Blob> {
  const { text, height } = chartFile(spec, isShown);
  const image = new Image();
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: 2 * CHART_WIDTH, height: 2 * height });
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new Error('The browser could not draw the picture; download the SVG instead.');
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

export function chartCsv({ table }: ChartSpec): string {
  return csvText([table.columns, ...table.rows]);
}

/** Hands a file to the reader. */
export function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
