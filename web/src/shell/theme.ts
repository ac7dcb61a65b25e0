/** Colours of the page and its charts, from the palette of the report, for light, dark and the reader's choice. */
import { GRID, INKS, type Ink, MUTED, PAGE, TEXT, WINDOW } from '../../../src/report/palette.ts';

export type Theme = 'system' | 'light' | 'dark';

const LINK: Ink = { light: '#0a5c9e', dark: '#6cb8f0' };
const COLOURS = { page: PAGE, text: TEXT, muted: MUTED, rule: GRID, shade: WINDOW, link: LINK };
const KEY = 'muonscope-theme';

/** Adopts the style sheet; a sheet made by a script needs no exception from the page's policy. */
export function adoptColours(): void {
  const sheet = new CSSStyleSheet();
  const variables = (mode: keyof Ink): string =>
    Object.entries(COLOURS)
      .map(([name, ink]) => `--${name}:${ink[mode]};`)
      .join('');
  const dark = (root: string): string =>
    `${root}{color-scheme:dark;${variables('dark')}}` +
    INKS.map((ink) =>
      ['fill', 'stroke']
        .map((what) => `${root} .muonscope-chart [${what}="${ink.light}"]{${what}:${ink.dark}}`)
        .join(''),
    ).join('');
  sheet.replaceSync(
    `:root{color-scheme:light;${variables('light')}}${dark(':root[data-theme=dark]')}` +
      `@media (prefers-color-scheme:dark){${dark(':root:not([data-theme=light])')}}`,
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

export function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
