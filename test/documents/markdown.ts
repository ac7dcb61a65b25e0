/** The parts of a Markdown page that tests check: code blocks, links, headings. */

export interface CodeBlock {
  /** After the opening fence, e.g. "ts". */
  readonly language: string;
  readonly text: string;
  /** Line of the opening fence, 1-based. */
  readonly line: number;
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

const BLOCK = /^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm;

/** Fenced code blocks in order. */
export function codeBlocks(page: string): CodeBlock[] {
  return [...page.matchAll(BLOCK)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: lineOf(page, match.index),
  }));
}

/** Links and images, outside code and comments. */
export function links(page: string): Link[] {
  const prose = blank(blank(blank(page, BLOCK), /<!--[\s\S]*?-->/g), /`[^`\n]*`(?!\])/g);
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g), ...prose.matchAll(/(?:src|href)="([^"]+)"/g)];
  return inline.map((match) => ({ target: match[1] ?? '', line: lineOf(page, match.index) }));
}

/** Anchors of the page's headings, as GitHub makes them. */
export function anchors(page: string): string[] {
  const seen = new Map<string, number>();
  return [...blank(page, BLOCK).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map((match) => {
    const anchor = (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const repeats = seen.get(anchor) ?? 0;
    seen.set(anchor, repeats + 1);
    return repeats === 0 ? anchor : `${anchor}-${repeats}`;
  });
}

/** Replaces what `pattern` finds by as many line breaks, so that line numbers stay. */
function blank(page: string, pattern: RegExp): string {
  return page.replace(pattern, (found) => found.replace(/[^\n]/g, ' '));
}

function lineOf(page: string, index: number): number {
  return page.slice(0, index).split('\n').length;
}
