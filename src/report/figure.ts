/** Charts and details as parts of the page. */
import { type Chart, inlineSvg } from './charts/chart.ts';
import { Html, type HtmlValue, html } from './html.ts';

/** A chart with its caption, in a box that scrolls where the page is narrower than the chart is legible. */
export function figure(chart: Chart | null, caption: HtmlValue): Html {
  if (chart === null) return html``;
  return html`<figure>
<div class="scroll" role="region" tabindex="0" aria-label="${chart.title}">${new Html(inlineSvg(chart))}</div>
<figcaption><strong>${chart.title}.</strong> ${caption}</figcaption>
</figure>
`;
}

/** Closed on screen, open on paper. */
export function details(summary: HtmlValue, content: HtmlValue): Html {
  return html`<details><summary>${summary}</summary>${content}</details>
`;
}

/** A list of sentences; nothing for an empty list. */
export function bullets(items: readonly HtmlValue[]): Html {
  return items.length === 0
    ? html``
    : html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>
`;
}

/** A section with the heading that the page's contents link to. */
export function section(id: string, title: string, content: HtmlValue): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${content}</section>
`;
}
