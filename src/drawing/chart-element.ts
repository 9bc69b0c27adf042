import { formatNumber, formatShare } from '../text/format.js';
import type { Chart } from './chart.js';
import { layOut } from './chart-layout.js';
import { chartStyle } from './chart-style.js';
import { lineChart } from './line-chart.js';
import { html, type Markup } from './markup.js';
import { readOuts } from './read-outs.js';

/** Three of them stand beside each other on a wide page, one as wide as a phone. */
const ON_PAGE = { width: 320, height: 216 };
/** As wide as a page of text. */
const FILE = { width: 760, height: 300 };

/** A chart as an element of a page that has `chartStyle`. A title would hide what is read behind a tooltip of its own. */
export function chartElement(chart: Chart): Markup {
  const layout = layOut(chart, ON_PAGE);
  return html`<svg class="chart" role="img" viewBox="0 0 ${ON_PAGE.width} ${ON_PAGE.height}" aria-label="${chart.title}"><desc>${describe(chart)}</desc>
${layout === undefined ? undefined : [...lineChart(chart, layout), ...readOuts(chart, layout)]}
</svg>`;
}

/** A chart as a file of its own, with its title to be seen above it. */
export function chartFile(chart: Chart): string {
  const layout = layOut(chart, FILE);
  const [border, head] = [20, 36];
  const view = [-border, -head - border, FILE.width + 2 * border, FILE.height + head + 2 * border];
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="${view.join(' ')}">
<title>${chart.title}</title><desc>${describe(chart)}</desc>
<style>${{ markup: chartStyle }}</style>
<rect x="${-border}" y="${-head - border}" width="${FILE.width + 2 * border}" height="${FILE.height + head + 2 * border}" rx="12" style="fill:var(--paper)"/>
<text y="-14" style="font-size:15px;font-weight:600;fill:var(--ink)">${chart.title}</text>
${layout === undefined ? undefined : lineChart(chart, layout)}
</svg>
`.markup;
}

/** The ends of each curve in words, for those who do not see it. */
function describe({ curves, share }: Chart): string {
  const value = share ? formatShare : formatNumber;
  return curves
    .flatMap(({ name, updates, heldOut }) =>
      [
        { what: name, points: updates },
        { what: `${name}, held out`, points: heldOut },
      ].flatMap(({ what, points }) => {
        const finite = points.filter(({ y }) => Number.isFinite(y));
        const [first] = finite;
        const last = finite.at(-1);
        if (first === undefined || last === undefined) return [];
        return [`${what}: ${value(first.y)} at update ${first.x}, ${value(last.y)} at update ${last.x}.`];
      }),
    )
    .join(' ');
}
