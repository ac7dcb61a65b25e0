/** A chart as a file: SVG as the report writes it, PNG or CSV. */
import { type Chart, standaloneSvg } from '../../../src/report/charts/chart.ts';
import type { ChartSpec } from '../../../src/report/charts/chartSpec.ts';
import { type Shown, specChart } from '../../../src/report/charts/specChart.ts';
import { csvText } from '../../../src/report/exports/csv.ts';

/** With title, legend and axis titles, dark where its viewer is; without what the legend hides, as its description says. */
export function chartSvg(spec: ChartSpec, shown: Shown): string {
  return standaloneSvg(drawn(spec, shown));
}

/** The same, always light. @throws Error with one sentence for the reader if the browser cannot draw it */
export async function chartPng(spec: ChartSpec, shown: Shown): Promise<Blob> {
  const failure = new Error('The browser could not draw the picture; download the SVG instead.');
  const image = new Image();
  const svg = standaloneSvg(drawn(spec, shown), 'light');
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = url;
    await image.decode().catch(() => {
      throw failure;
    });
    const [width, height] = [2 * image.naturalWidth, 2 * image.naturalHeight]; // sharp on dense screens
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    if (context === null) throw failure;
    context.drawImage(image, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw failure;
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** What is drawn, as a table: without what the legend hides. */
export function chartCsv({ table }: ChartSpec, isShown: Shown['isShown']): string {
  return csvText([table.columns, ...table.rows(isShown)].map((row) => row.map(guarded)));
}

/** What the legend hides, in words; empty where it hides nothing. */
export function hiddenText({ keys }: ChartSpec, isShown: Shown['isShown']): string {
  const hidden = keys.filter(({ id }) => !isShown(id)).map(({ label }) => label);
  return hidden.length === 0 ? '' : `Hidden by the legend: ${hidden.join(', ')}`;
}

function drawn(spec: ChartSpec, shown: Shown): Chart {
  const description = [spec.description, hiddenText(spec, shown.isShown)].filter((text) => text !== '').join(' ');
  return { ...specChart(spec, shown), description };
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
