import type { Tone } from '../../../drawing/chart.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount } from '../../../text/format.js';
import type { Estimate } from '../comparison.js';
import { interval, minus } from '../words.js';

/** A drawing or a table with what it shows above it and what should be known below; `whole`: as wide as the page. */
export function figure(title: string, about: string, content: Markup, note = '', whole = false): Markup {
  const below = note === '' ? undefined : html`<p class="soft note">${note}</p>`;
  return html`<figure${{ markup: whole ? ' class="whole"' : '' }}>
<figcaption><h3>${title}</h3><p class="soft">${about}</p></figcaption>
${content}${below}
</figure>`;
}

/** A system's name with its colour before it, as the head of a row. */
export function systemHead(name: string, tone: Tone, more = ''): Markup {
  return html`<th scope="row" class="system">${systemName(name, tone)}${more === '' ? undefined : html`<span class="soft">${more}</span>`}</th>`;
}

export function systemName(name: string, tone: Tone): Markup {
  return html`<span class="name ${tone}"><i aria-hidden="true"></i>${name}</span>`;
}

/** A cell with a figure and its interval below it; its n stands in a column of its own. */
export function estimateCell(estimate: Estimate | undefined, format: (value: number) => string): Markup {
  return cell(estimate, format, []);
}

/** A cell with a figure, its interval and its n. */
export function countedCell(estimate: Estimate | undefined, format: (value: number) => string): Markup {
  return cell(estimate, format, estimate === undefined ? [] : [`n ${formatCount(estimate.n)}`]);
}

function cell(estimate: Estimate | undefined, format: (value: number) => string, more: readonly string[]): Markup {
  if (estimate === undefined || !Number.isFinite(estimate.value)) return html`<td>–</td>`;
  const below = [interval(estimate, format), ...more].filter((text) => text !== '').join(' · ');
  return html`<td><b>${minus(format(estimate.value))}</b><span class="soft">${below}</span></td>`;
}

/** The head of a table, the first column of words. */
export function tableHead(columns: readonly (string | Markup)[]): Markup {
  const cells = columns.map((column) => (typeof column === 'string' ? html`<th scope="col">${column}</th>` : column));
  return html`<thead><tr>${cells}</tr></thead>`;
}
