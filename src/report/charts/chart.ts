/** A chart as plain data, the panels it is composed of, and the two ways it is written: inside a page and as a file. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { dropControls, escapeText } from '../html.ts';
import { INKS, MUTED, PAGE, TEXT } from '../palette.ts';

/** Charts are drawn at this width in pixels and scaled by the page. */
export const CHART_WIDTH = 960;

/** Pixels around a chart that stands alone. */
const FILE_MARGIN = 16;

/** Debian, Windows, macOS and Android each have one of these. */
export const FONT_STACK =
  'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif';

export interface Chart {
  /** File name without ending: lower-case letters, digits, hyphens. */
  readonly name: string;
  readonly title: string;
  /** What the chart shows, for readers who do not see it. */
  readonly description: string;
  readonly height: number;
  /** Content of the svg element. */
  readonly body: string;
}

/** A file name from any text: "GPT 4×32" -> "gpt-4-32". */
export function chartName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'unnamed' : name;
}

/**
 * An Observable Plot as a nested svg element at height `top` of its chart.
 *
 * Coordinates are rounded to a tenth of a pixel: half the bytes, no visible difference.
 */
export function panel(top: number, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ style: { fontSize: '12px' }, ...options, width: CHART_WIDTH, document });
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const element of svg.querySelectorAll('*'))
    for (const name of ['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'width', 'height']) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, roundedCoordinates(value));
    }
  for (const name of ['class', 'font-family', 'style', 'aria-label']) svg.removeAttribute(name);
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('font-size', '12');
  svg.setAttribute('y', String(top));
  return dropControls(svg.outerHTML);
}

/** Titles of the axes of a panel that spans [top, top + height]; an empty title is left out. */
export function axisTitles(
  titles: { readonly x: string; readonly y: string },
  box: { readonly top: number; readonly height: number; readonly left: number; readonly right: number },
): string {
  const x = (box.left + CHART_WIDTH - box.right) / 2;
  const y = box.top + box.height / 2;
  const common = `font-size="12.5" text-anchor="middle" fill="${TEXT.light}"`;
  const below = `<text ${common} x="${x}" y="${box.top + box.height - 6}">${escapeText(titles.x)}</text>`;
  const beside = `<text ${common} transform="translate(14,${y}) rotate(-90)">${escapeText(titles.y)}</text>`;
  return (titles.x === '' ? '' : below) + (titles.y === '' ? '' : beside);
}

/** The chart as an element of a page whose style sheet holds {@link chartStyle}. */
export function inlineSvg(chart: Chart): string {
  return (
    `<svg class="muonscope-chart" role="img" aria-label="${escapeText(`${chart.title}. ${chart.description}`)}" ` +
    `viewBox="0 0 ${CHART_WIDTH} ${chart.height}" width="${CHART_WIDTH}" height="${chart.height}" ` +
    `fill="currentColor" font-size="12">${chart.body}</svg>`
  );
}

/** What a chart follows: the colour scheme of its viewer, or none. */
export type ChartScheme = 'light and dark' | 'light';

/** The chart as a file: carries its style, its title, a background and a margin. */
export function standaloneSvg(chart: Chart, scheme: ChartScheme = 'light and dark'): string {
  const [width, height] = [CHART_WIDTH + 2 * FILE_MARGIN, chart.height + 2 * FILE_MARGIN];
  const box = `x="${-FILE_MARGIN}" y="${-FILE_MARGIN}" width="${width}" height="${height}"`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="muonscope-chart" role="img" ` +
    `viewBox="${-FILE_MARGIN} ${-FILE_MARGIN} ${width} ${height}" width="${width}" height="${height}" ` +
    `fill="currentColor" font-size="12">` +
    `<title>${escapeText(chart.title)}</title><desc>${escapeText(chart.description)}</desc>` +
    `<style>${chartStyle(scheme)}</style><rect ${box} fill="${PAGE.light}"/>${brokenLines(chart.body)}</svg>\n`
  );
}

/** Style rules of all charts: page colours, and the dark twin of every ink. Paper is always light. */
export function chartStyle(scheme: ChartScheme = 'light and dark'): string {
  const chart = '.muonscope-chart';
  const light = `${chart}{color:${TEXT.light};font-family:${FONT_STACK}}${chart} text{white-space:pre}`;
  if (scheme === 'light') return light;
  const swaps = INKS.map(
    ({ light, dark }) => `${chart} [fill="${light}"]{fill:${dark}}${chart} [stroke="${light}"]{stroke:${dark}}`,
  ).join('');
  return `${light}@media screen and (prefers-color-scheme:dark){${chart}{color:${TEXT.dark}}${swaps}}`;
}

/** Attributes of an annotation inside a panel. */
export const ANNOTATION: { readonly fill: string; readonly fontSize: number } = { fill: MUTED.light, fontSize: 11 };

/** A line for each group, so that two versions of a chart can be compared. */
function brokenLines(body: string): string {
  return body.replace(/<(?=g[ >]|svg )/g, '\n<');
}

function roundedCoordinates(value: string): string {
  return value.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(1))));
}
