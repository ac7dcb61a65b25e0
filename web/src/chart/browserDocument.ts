/** Stands in for linkedom where charts of the report are drawn in a browser. */
export function parseHTML(text: string): { readonly document: Document } {
  return { document: new DOMParser().parseFromString(text, 'text/html') };
}
