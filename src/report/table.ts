/** Tables that scroll in their own box and say what their columns are. */
import { Html, type HtmlValue, html } from './html.ts';

/** `numeric` columns are right-aligned with figures of equal width. */
export interface Column {
  readonly title: string;
  readonly numeric?: boolean;
}

/** A row, and optionally a line under it that spans the table. */
export interface Row {
  /** One for each column; the first is the row's header. */
  readonly cells: readonly HtmlValue[];
  readonly note?: Html;
}

/** @param caption says what the table holds; stands above the scrolling box, so that it stays in view */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[]): Html {
  return html`<div class="table"><p class="caption" aria-hidden="true">${caption}</p>
<div class="scroll" role="region" tabindex="0" aria-label="${caption}"><table aria-label="${caption}">
<thead><tr>${columns.map((column) => html`<th scope="col"${alignment(column)}>${column.title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => rowMarkup(columns, row))}</tbody>
</table></div></div>
`;
}

function rowMarkup(columns: readonly Column[], row: Row): Html {
  const cells = row.cells.map((cell, i) =>
    i === 0
      ? html`<th scope="row"${alignment(columns[i])}>${cell}</th>`
      : html`<td${alignment(columns[i])}>${cell}</td>`,
  );
  const note = row.note ? html`<tr class="note"><td colspan="${columns.length}">${row.note}</td></tr>` : null;
  return html`<tr${new Html(row.note ? ' class="noted"' : '')}>${cells}</tr>${note}
`;
}

function alignment(column: Column | undefined): Html {
  return new Html(column?.numeric ? ' class="number"' : '');
}
