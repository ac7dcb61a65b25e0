/** A chart that can be redrawn: at another width, with keys left out, with its values read off and written as a table. */
import type * as Plot from '@observablehq/plot';
import type { Ink } from '../palette.ts';

export type LineMark = 'line' | 'dashed' | 'dotted';
export type KeyMark = LineMark | 'point' | 'ring' | 'band' | 'square';

/** Strokes and gaps of lines, in the chart and in its legend. */
export const KEY_DASHES: Readonly<Record<LineMark, string>> = { line: 'none', dashed: '5,3', dotted: '1.5,3' };

/** An entry of the legend. */
export interface SpecKey {
  readonly id: string;
  readonly label: string;
  readonly ink: Ink;
  /** How it is drawn: a line where left out. */
  readonly mark?: KeyMark;
}

/** A value that can be read off. */
export interface SpecPoint {
  /** In the scales of the plot. */
  readonly x: number;
  readonly y: number;
  /** Facets, where the plot has some. */
  readonly fx?: string | number;
  readonly fy?: string | number;
  /** The key it belongs to; hidden with it. */
  readonly key?: string;
  /** Another key that hides it, e.g. of a kind of mark. */
  readonly also?: string;
  /** Lines of text. */
  readonly text: readonly string[];
}

export interface ChartSpec {
  /** File name without ending: lower-case letters, digits, hyphens. */
  readonly name: string;
  readonly title: string;
  /** What the chart shows, for readers who do not see it. */
  readonly description: string;
  readonly axes: { readonly x: string; readonly y: string };
  readonly keys: readonly SpecKey[];
  readonly points: readonly SpecPoint[];
  /** For CSV: names of the columns, and a row for everything drawn while `isShown` says of each key whether it is. */
  readonly table: {
    readonly columns: readonly string[];
    rows(isShown: (key: string) => boolean): readonly (readonly (string | number)[])[];
  };
  /** @param width of the plot in pixels @param isShown whether a key is drawn */
  plot(width: number, isShown: (key: string) => boolean): Plot.PlotOptions;
}
