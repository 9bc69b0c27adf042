import { html, type Markup } from './markup.js';

/** A part of the page under a heading of its own. */
export function section(heading: string, content: Markup): Markup {
  return html`<section>
<h2>${heading}</h2>
${content}
</section>`;
}

/** One number to be seen from afar, with what it is above it and a remark below it. */
export function card(name: string, value: string, remark = ''): Markup {
  return html`<div class="card"><div class="soft">${name}</div><div class="number">${value}</div><div class="soft">${remark}</div></div>`;
}
