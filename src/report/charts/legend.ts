/** The line of keys above a chart. */
import { escapeText } from '../html.ts';
import type { Ink } from '../palette.ts';
import { CHART_WIDTH } from './chart.ts';
import type { KeyMark } from './chartSpec.ts';

export interface LegendKey {
  readonly label: string;
  readonly mark: KeyMark;
  readonly ink: Ink;
}

const ROW_HEIGHT = 20;
const SWATCH_WIDTH = 22;
const GAP = 20;
/** Pixels a character at 12 px in DejaVu Sans, the widest of the font stack, averaged over English text. */
const CHARACTER_WIDTH = 7.2;

/** Keys in rows no wider than the chart, starting at x = `left`. */
export function legend(keys: readonly LegendKey[], left: number): { readonly body: string; readonly height: number } {
  let x = left;
  let row = 0;
  let body = '';
  for (const key of keys) {
    const width = SWATCH_WIDTH + 6 + [...key.label].length * CHARACTER_WIDTH;
    if (x > left && x + width > CHART_WIDTH) {
      x = left;
      row++;
    }
    const y = row * ROW_HEIGHT + 11;
    body += `<g transform="translate(${Math.round(x)},${y})">${swatch(key)}<text x="${SWATCH_WIDTH + 6}" dy="0.35em">${escapeText(key.label)}</text></g>`;
    x += width + GAP;
  }
  return { body, height: keys.length === 0 ? 0 : (row + 1) * ROW_HEIGHT + 6 };
}

function swatch({ mark, ink }: LegendKey): string {
  const line = (dash: string): string =>
    `<path d="M0,0H${SWATCH_WIDTH}" fill="none" stroke="${ink.light}" stroke-width="2"${dash}/>`;
  const centre = SWATCH_WIDTH / 2;
  switch (mark) {
    case 'line':
      return line('');
    case 'dashed':
      return line(' stroke-dasharray="5,3"');
    case 'dotted':
      return line(' stroke-dasharray="1.5,3"');
    case 'point':
      return `<circle cx="${centre}" cy="0" r="3.5" fill="${ink.light}"/>`;
    case 'ring':
      return `<path d="M${centre},-5L${centre + 5},0L${centre},5L${centre - 5},0Z" fill="none" stroke="${ink.light}" stroke-width="1.5"/>`;
    case 'band':
      return `<rect y="-6" width="${SWATCH_WIDTH}" height="12" fill="${ink.light}" fill-opacity="0.2"/>`;
    case 'square':
      return `<rect x="4" y="-7" width="14" height="14" fill="${ink.light}" stroke="${ink.light}"/>`;
    default:
      return mark satisfies never;
  }
}
