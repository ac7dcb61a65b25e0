/**
 * Colours of the report, each as a pair: on a light page and on a dark one.
 *
 * Charts are drawn with the light colour as an attribute; a style rule that selects on that attribute swaps in
 * the dark one. So a chart needs no CSS variables and is right in viewers that know none. Every ink reaches a
 * contrast of 3 against both pages, text 4.5 (WCAG 2.2, 1.4.11 and 1.4.3).
 */

export interface Ink {
  readonly light: string;
  readonly dark: string;
}

export const PAGE: Ink = { light: '#ffffff', dark: '#10151a' };
export const TEXT: Ink = { light: '#1d2329', dark: '#e4e9ee' };
export const MUTED: Ink = { light: '#57606a', dark: '#9aa5b1' };
/** Lines that only guide the eye; exempt from the contrast rule. */
export const GRID: Ink = { light: '#dfe4e9', dark: '#2b333b' };
/** The stretch of steps a plateau is averaged over; read by its edges' position, not its colour. */
export const WINDOW: Ink = { light: '#eef2f6', dark: '#1b232b' };

/** Ordered, for quantiles: strongest contrast for the largest singular values (plasma, its pale end darkened). */
export const QUANTILE_INKS: readonly Ink[] = [
  { light: '#0d0887', dark: '#f7e225' },
  { light: '#6a00a8', dark: '#fdb32f' },
  { light: '#b12a90', dark: '#f58b46' },
  { light: '#d6453f', dark: '#e8657a' },
  { light: '#d86c00', dark: '#c865c9' },
];

/** Ordered, for model sizes: darkest is the largest on a light page, lightest on a dark one (viridis, trimmed). */
export const SIZE_INKS: readonly Ink[] = [
  { light: '#5f9e2a', dark: '#8a6fd1' },
  { light: '#2f9a55', dark: '#6f88d8' },
  { light: '#20908d', dark: '#4ea3d1' },
  { light: '#2c728e', dark: '#3fbcae' },
  { light: '#3b528b', dark: '#5fcf7e' },
  { light: '#472d7b', dark: '#a6dc4a' },
  { light: '#440154', dark: '#fde725' },
];

/** Unordered, for schedules: Okabe and Ito 2008, darkened or lightened to the contrast above. */
export const CATEGORY_INKS: readonly Ink[] = [
  { light: '#0072b2', dark: '#56b4e9' },
  { light: '#d55e00', dark: '#ff8f4f' },
  { light: '#008563', dark: '#2fc79a' },
  { light: '#b5508a', dark: '#e79ac5' },
  { light: '#946200', dark: '#e6b422' },
  { light: '#6b4fbb', dark: '#b3a1f2' },
];

/** The baseline, wherever it appears. */
export const BASELINE: Ink = { light: '#6e7781', dark: '#8b96a2' };

/** Cells of the plan by products against the baseline: far fewer, fewer, as many, more, far more. */
export const COST_INKS: readonly Ink[] = [
  { light: '#a9d1ef', dark: '#0f4f7d' },
  { light: '#d5e9f8', dark: '#173a54' },
  { light: '#e9ecef', dark: '#2f373f' },
  { light: '#fbe0c8', dark: '#59371a' },
  { light: '#f5bd8d', dark: '#85460f' },
];

/** Every ink, each light colour once: the dark style rules are written from this. */
export const INKS: readonly Ink[] = [
  PAGE,
  TEXT,
  MUTED,
  GRID,
  WINDOW,
  BASELINE,
  ...QUANTILE_INKS,
  ...SIZE_INKS,
  ...CATEGORY_INKS,
  ...COST_INKS,
];

/** `count` inks spread evenly over an ordered ramp, its last one always included. */
export function spreadInks(ramp: readonly Ink[], count: number): Ink[] {
  const last = ramp.length - 1;
  return Array.from({ length: count }, (_, i) => ramp[count === 1 ? last : Math.round((i * last) / (count - 1))]!);
}
