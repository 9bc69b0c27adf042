import type { ChartSize } from './chart.js';
import { chartStyle } from './chart-style.js';
import { html, type Markup } from './markup.js';

/** What a drawing is called, and what it shows in words, for those who do not see it. */
export interface Drawing {
  readonly title: string;
  readonly description: string;
}

/** A drawing as an element of a page that has `chartStyle`. A title would hide what is read behind a tooltip of its own. */
export function svgElement({ title, description }: Drawing, { width, height }: ChartSize, content: Markup): Markup {
  return html`<svg class="chart" role="img" viewBox="0 0 ${width} ${height}" aria-label="${title}"><desc>${description}</desc>
${content}
</svg>`;
}

/** A drawing as a file of its own, with its title to be seen above it. */
export function svgFile({ title, description }: Drawing, { width, height }: ChartSize, content: Markup): string {
  const [border, head] = [20, 36];
  const view = [-border, -head - border, width + 2 * border, height + head + 2 * border];
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="${view.join(' ')}">
<title>${title}</title><desc>${description}</desc>
<style>${{ markup: chartStyle }}</style>
<rect x="${-border}" y="${-head - border}" width="${width + 2 * border}" height="${height + head + 2 * border}" rx="12" style="fill:var(--paper)"/>
<text y="-14" style="font-size:15px;font-weight:600;fill:var(--ink)">${title}</text>
${content}
</svg>
`.markup;
}

/** Half of a wide page, or a phone. */
const WIDE = 480;
const NARROW = 320;

/**
 * A drawing in two widths, of which `pageStyle` shows the one that fits: a text shrinks with its drawing, and one made for
 * a wide page could not be read on a phone.
 */
export function inTwoWidths(draw: (width: number) => Markup): Markup {
  return html`<div class="on-wide">${draw(WIDE)}</div><div class="on-narrow">${draw(NARROW)}</div>`;
}
