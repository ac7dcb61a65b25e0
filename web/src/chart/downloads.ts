/** A chart as a file: SVG, PNG or CSV. */

import { CHART_WIDTH, chartStyle, FONT_STACK } from '../../../src/report/charts/chart.ts';
import { type ChartSpec, KEY_DASHES } from '../../../src/report/charts/chartSpec.ts';
import { csvText } from '../../../src/report/exports/csv.ts';
import { drawChart } from './drawChart.ts';

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Pixels of a letter of the legend, estimated wide, and of a line of it. */
const LETTER = 7.2;
const LEGEND_LINE = 18;

/** Where each entry of the legend stands: it goes on in the next line where the chart ends. */
export function legendPlaces(
  labels: readonly string[],
  width: number,
): { readonly x: number; readonly line: number }[] {
  let [x, line] = [12, 0];
  return labels.map((label) => {
    const wide = 19 + LETTER * label.length;
    if (x > 12 && x + wide > width - 12) [x, line] = [12, line + 1];
    const place = { x, line };
    x += wide + 14;
    return place;
  });
}

/** What a chart is drawn with. */
export interface ShownChart {
  readonly spec: ChartSpec;
  readonly isShown: (key: string) => boolean;
  /** A value of x that is marked; null for none. */
  readonly mark: number | null;
}

/** The chart with title, legend and axis titles, on white; what the legend hides is left out, and its description says so. */
export function chartFile(shown: ShownChart): { readonly text: string; readonly height: number } {
  const { spec, isShown, mark } = shown;
  const { svg: plot, placeX } = drawChart(spec, CHART_WIDTH, isShown);
  const plotHeight = Number(plot.getAttribute('height'));
  const keys = spec.keys.filter(({ id }) => isShown(id));
  const places = legendPlaces(
    keys.map(({ label }) => label),
    CHART_WIDTH,
  );
  const top = 52 + LEGEND_LINE * (places.at(-1)?.line ?? 0);
  const height = plotHeight + top + 24;
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
  add('desc', {}, [spec.description, hiddenText(shown)].filter((text) => text !== '').join(' '));
  add('style', {}, chartStyle().replace(/@media.*$/s, ''));
  add('rect', { width: CHART_WIDTH, height, fill: '#ffffff' });
  add('text', { x: 12, y: 20, 'font-size': 15, 'font-weight': 600, 'font-family': FONT_STACK }, spec.title);
  for (const [i, { label, ink, mark: drawnAs = 'line' }] of keys.entries()) {
    const { x, line } = places[i] ?? { x: 12, line: 0 };
    const y = 36 + LEGEND_LINE * line;
    if (drawnAs === 'point') add('circle', { cx: x + 7, cy: y, r: 3.5, fill: ink.light });
    else
      add('line', {
        ...{ x1: x, x2: x + 14, y1: y, y2: y, stroke: ink.light, 'stroke-width': 4 },
        'stroke-dasharray': KEY_DASHES[drawnAs],
      });
    add('text', { x: x + 19, y: y + 5, 'font-size': 12 }, label);
  }
  set(plot, { x: 0, y: top });
  svg.append(plot);
  const left = mark === null ? null : placeX(mark);
  if (left !== null)
    add('line', {
      x1: left,
      x2: left,
      y1: top + 10,
      y2: top + plotHeight - 34,
      stroke: '#5a6169',
      'stroke-dasharray': '4,3',
    });
  add('text', { x: CHART_WIDTH / 2, y: height - 6, 'font-size': 12.5, 'text-anchor': 'middle' }, spec.axes.x);
  add(
    'text',
    { transform: `translate(13,${top + plotHeight / 2}) rotate(-90)`, 'font-size': 12.5, 'text-anchor': 'middle' },
    spec.axes.y,
  );
  return { text: new XMLSerializer().serializeToString(svg), height };
}

/** @throws Error with one sentence for the reader if the browser cannot draw it */
export async function chartPng(shown: ShownChart): Promise<Blob> {
  const failure = new Error('The browser could not draw the picture; download the SVG instead.');
  const { text, height } = chartFile(shown);
  const image = new Image();
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode().catch(() => {
      throw failure;
    });
    const canvas = Object.assign(document.createElement('canvas'), { width: 2 * CHART_WIDTH, height: 2 * height });
    const context = canvas.getContext('2d');
    if (context === null) throw failure;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw failure;
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** What is drawn, as a table: without what the legend hides. */
export function chartCsv({ spec: { table }, isShown }: ShownChart): string {
  return csvText([table.columns, ...table.rows(isShown)].map((row) => row.map(guarded)));
}

/** What the legend hides, in words; empty where it hides nothing. */
export function hiddenText({ spec: { keys }, isShown }: ShownChart): string {
  const hidden = keys.filter(({ id }) => !isShown(id)).map(({ label }) => label);
  return hidden.length === 0 ? '' : `Hidden by the legend: ${hidden.join(', ')}`;
}

/** Spreadsheets take text that begins so as a formula; an apostrophe before it keeps it text. */
function guarded(cell: string | number): string | number {
  return typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

/** Hands a file to the reader. */
export function save(name: string, contents: Blob): void {
  const url = URL.createObjectURL(contents);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
