import { html, type Markup } from './markup.js';

/** A part of the page under a heading of its own. */
export function section(heading: string, content: Markup): Markup {
  return html`<section id="${sectionId(heading)}">
<h2>${heading}</h2>
${content}
</section>`;
}

/** What a link within the page names a section by. */
export function sectionId(heading: string): string {
  return heading.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

/** One number to be seen from afar, with what it is above it and a remark below it. */
export function card(name: string, value: string, remark = ''): Markup {
  const below = remark === '' ? undefined : html`<div class="soft">${remark}</div>`;
  return html`<div class="card"><div class="soft">${name}</div><div class="number">${value}</div>${below}</div>`;
}

/** A table that may be wider than the page: it scrolls by itself, by keyboard too. */
export function scrolling(name: string, table: Markup): Markup {
  return html`<div class="wide" role="region" aria-label="${name}" tabindex="0">${table}</div>`;
}
