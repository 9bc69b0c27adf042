import { describe, expect, it } from 'vitest';
import { escapeText, html } from './markup.js';

describe('html', () => {
  it('escapes texts in elements and attributes, and leaves markup as it is', () => {
    const inner = html`<b>${'<i>&"\''}</b>`;
    expect(inner.markup).toBe('<b>&lt;i&gt;&amp;&quot;&#39;</b>');
    expect(html`<p title="${'" onclick="x'}">${inner}</p>`.markup).toBe(
      '<p title="&quot; onclick=&quot;x"><b>&lt;i&gt;&amp;&quot;&#39;</b></p>',
    );
  });

  it('joins lists, writes numbers and leaves out undefined', () => {
    expect(html`${[html`<a/>`, html`<b/>`]}|${3.5}|${undefined}|${[]}`.markup).toBe('<a/>\n<b/>|3.5||');
  });
});

describe('escapeText', () => {
  it('shows control characters and those that turn the writing, and keeps line ends', () => {
    expect(escapeText('a\u0000b\u001b[31m\u202ec\nd')).toBe('a␀b␛[31m\\u202ec\nd');
  });
});
