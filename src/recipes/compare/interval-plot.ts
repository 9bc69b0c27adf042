import { html, type Markup } from '../../drawing/markup.js';
import { roundAxis } from '../../drawing/ticks.js';
import { isShare } from './measures.js';
import type { ComparisonSummary } from './summary.js';
import { intervalWords } from './tables.js';
import { shown } from './verdict.js';

const WIDTH = 640;
const ROW = 28;
const TOP = 8;
const BOTTOM = 40;
/** Pixels of a character of a name. */
const CHARACTER = 7.7;

/** The test measure of each method with its interval over seeds, and the model that was not trained as a line. */
export function intervalPlot({ methods, select, start }: ComparisonSummary): Markup | undefined {
  const rows = methods.flatMap(({ entry, best }) => (best === undefined ? [] : [{ entry, test: best.test }]));
  const ends = rows.flatMap(({ test }) => [test.value, test.low, test.high]);
  const values = [...ends, start[select]].filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const axis = roundAxis(Math.min(...values), Math.max(...values), 5);
  const left = 16 + CHARACTER * Math.max(...rows.map(({ entry }) => entry.length));
  const right = WIDTH - 24;
  const x = (value: number): string =>
    (left + ((value - axis.low) / (axis.high - axis.low)) * (right - left)).toFixed(1);
  const bottom = TOP + ROW * rows.length;
  const words = rows.map(({ entry, test }) => `${entry}: ${intervalWords(select, test)}.`).join(' ');
  return html`<figure><svg class="chart" role="img" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" aria-label="Test ${select} of the best of each method"><desc>${words}</desc>
${axis.ticks.map((tick) => html`<path class="grid" d="M${x(tick)} ${TOP}V${bottom}"/><text x="${x(tick)}" y="${bottom + 17}" text-anchor="middle">${isShare(select) ? `${Math.round(tick * 1000) / 10}%` : axis.label(tick)}</text>`)}
${Number.isFinite(start[select]) ? html`<g class="grey"><path class="held-out" d="M${x(start[select])} ${TOP}V${bottom}"/></g>` : undefined}
${rows.map(({ entry, test }, at) => {
  const y = TOP + ROW * (at + 0.5);
  const reach = Number.isFinite(test.low)
    ? html`<path class="line" d="M${x(test.low)} ${y}H${x(test.high)}"/>`
    : undefined;
  return html`<g class="blue"><text x="${left - 8}" y="${y + 4}" text-anchor="end">${entry}</text>${reach}<circle cx="${x(test.value)}" cy="${y}" r="4.5"><title>${shown(select, test.value)}</title></circle></g>`;
})}
<text x="${((left + right) / 2).toFixed(1)}" y="${bottom + 34}" text-anchor="middle">test ${select}; dotted: before training</text>
</svg></figure>`;
}
