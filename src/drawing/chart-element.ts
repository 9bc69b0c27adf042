import { formatNumber, formatShare } from '../text/format.js';
import type { Chart } from './chart.js';
import { layOut } from './chart-layout.js';
import { lineChart } from './line-chart.js';
import { html, type Markup } from './markup.js';
import { readOuts } from './read-outs.js';
import { svgElement, svgFile } from './svg.js';

/** Three of them stand beside each other on a wide page, one as wide as a phone. */
const ON_PAGE = { width: 320, height: 216 };
/** As wide as a page of text. */
const FILE = { width: 760, height: 300 };

/** A chart as an element of a page that has `chartStyle`. */
export function chartElement(chart: Chart): Markup {
  const layout = layOut(chart, ON_PAGE);
  const content = layout === undefined ? [] : [...lineChart(chart, layout), ...readOuts(chart, layout)];
  return svgElement({ title: chart.title, description: describe(chart) }, ON_PAGE, html`${content}`);
}

/** A chart as a file of its own, with its title to be seen above it. */
export function chartFile(chart: Chart): string {
  const layout = layOut(chart, FILE);
  const content = layout === undefined ? [] : lineChart(chart, layout);
  return svgFile({ title: chart.title, description: describe(chart) }, FILE, html`${content}`);
}

/** The ends of each curve in words, for those who do not see it. */
function describe({ curves, share, across = 'update' }: Chart): string {
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
        return [`${what}: ${value(first.y)} at ${across} ${first.x}, ${value(last.y)} at ${across} ${last.x}.`];
      }),
    )
    .join(' ');
}
