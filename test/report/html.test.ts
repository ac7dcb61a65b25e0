import { describe, expect, test } from 'vitest';
import { dropControls, escapeText, html } from '../../src/report/html.ts';

describe('html', () => {
  test('text put into a template is escaped, markup is kept', () => {
    const name = html`<b>${'<i>&"\''}</b>`;
    expect(html`<p title="${'"x"'}">${name}</p>`.markup).toBe(
      '<p title="&quot;x&quot;"><b>&lt;i&gt;&amp;&quot;&#39;</b></p>',
    );
  });

  test('lists are joined, null is nothing, numbers are text', () => {
    expect(html`${[html`<br>`, 'a<', 3, null]}`.markup).toBe('<br>a&lt;3');
  });

  test('an object that only looks like markup is not taken for markup', () => {
    const forged: unknown = { markup: '<script>' };
    expect(html`${String(forged)}`.markup).toBe('[object Object]');
  });

  test('characters that XML forbids are dropped, tabs, newlines and astral characters are kept', () => {
    expect(dropControls('a\u0000b\u001f\ud800c\t\n😀')).toBe('abc\t\n😀');
    expect(escapeText('\u0008<')).toBe('&lt;');
  });
});
