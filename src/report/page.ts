/** The document around the sections: head, contents, opening paragraph, footer. */
import { type Html, html } from './html.ts';
import { PAGE_STYLE } from './pageStyle.ts';

/** Ids and titles of sections, in order. */
export type Contents = readonly (readonly [id: string, title: string])[];

/** Of a study's report. */
export const STUDY_CONTENTS: Contents = [
  ['answer', 'The answer'],
  ['runs', 'Runs'],
  ['stability', 'Do the spectra settle?'],
  ['laws', 'Laws'],
  ['newton-schulz', 'Newton-Schulz'],
  ['plan', 'The plan'],
  ['method', 'How it was made'],
];

/** Nothing may be fetched or run, whatever a name in the data says. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

export interface PageHead {
  readonly title: string;
  /** The line above the title: which study, and when. */
  readonly kicker: string;
  /** Sentences of the first paragraph. */
  readonly opening: readonly string[];
}

/** The whole document. */
export function page({ title, kicker, opening }: PageHead, sections: readonly Html[], contents: Contents): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Muonscope">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<a class="skip" href="#${contents[0]?.[0] ?? ''}">Skip to the content</a>
<header>
<p class="kicker">${kicker}</p>
<h1>${title}</h1>
<p class="opening">${opening.join(' ')}</p>
<nav aria-label="Contents"><ol>${contents.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ol></nav>
</header>
<main>
${sections}</main>
<footer><p>Made by Muonscope. This page holds everything it shows and requests nothing.</p></footer>
</body>
</html>
`.markup;
}
