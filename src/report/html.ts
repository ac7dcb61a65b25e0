/** HTML as a value that cannot be confused with text: everything put into a template is escaped unless it is Html. */

/** Markup made by {@link html}; its constructor stays inside this folder. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What a template may hold: text and numbers are escaped, markup is kept, lists are joined, null is nothing. */
export type HtmlValue = Html | string | number | null | readonly HtmlValue[];

/**
 * Template tag: markup from the template, escaped text from the values.
 *
 * @example html`<p>${'a < b'}</p>`.markup // "<p>a &lt; b</p>"
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.reduce((text, part, i) => text + markupOf(values[i - 1] ?? null) + part));
}

/** Text safe inside an element or a quoted attribute, of HTML and of XML: control characters are dropped. */
export function escapeText(text: string): string {
  return dropControls(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Text without the characters that XML 1.0 forbids, lone surrogates included. */
export function dropControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to drop
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '');
}

function markupOf(value: HtmlValue): string {
  if (value === null) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'object') return value.map(markupOf).join('');
  return escapeText(String(value));
}
