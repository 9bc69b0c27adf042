import { CHART_HEIGHT, CHART_WIDTH, type Chart, lineChart } from './line-chart.js';
import { html, type Markup } from './markup.js';

/**
 * Colours of pages and charts. Texts in them have a contrast of at least 4.5 on the paper (WCAG 2.2, AA), and the tones
 * of chosen and rejected differ for those who cannot tell red from green.
 */
const light = {
  paper: '#ffffff',
  ground: '#f6f6f4',
  ink: '#1c2127',
  soft: '#59636e',
  line: '#dfe2e6',
  blue: '#2456c4',
  green: '#00785a',
  orange: '#b54700',
  violet: '#7a3fc4',
  grey: '#59636e',
};
const dark: typeof light = {
  paper: '#1b1f24',
  ground: '#131619',
  ink: '#e9ecef',
  soft: '#a2abb6',
  line: '#343b43',
  blue: '#8ab0ff',
  green: '#45d0a2',
  orange: '#ff9d5c',
  violet: '#c4a1ff',
  grey: '#a2abb6',
};

/** The colours as custom properties, light or dark as the reader likes it. */
export const palette = `:root{color-scheme:light dark;${properties(light)}}
@media (prefers-color-scheme:dark){:root{${properties(dark)}}}`;

/** What `lineChart` draws, in those colours. */
export const chartStyle = `${palette}
svg.chart{display:block;width:100%;height:auto;font-family:system-ui,sans-serif;font-size:12px}
.chart text{fill:var(--soft)}
.chart .grid{stroke:var(--line);stroke-width:1}
.chart .line,.chart .raw,.chart .held-out{fill:none;stroke:var(--tone);stroke-linejoin:round;stroke-linecap:round}
.chart .line{stroke-width:2}
.chart .raw{stroke-width:1;opacity:.4}
.chart .held-out{stroke-width:1.5;stroke-dasharray:1 5}
.chart circle{fill:var(--paper);stroke:var(--tone);stroke-width:2}
.chart .label{fill:var(--tone);font-weight:600}
${['blue', 'green', 'orange', 'violet', 'grey'].map((tone) => `.chart .${tone}{--tone:var(--${tone})}`).join('\n')}`;

/** A chart as an element of a page that has `chartStyle`. */
export function chartElement(chart: Chart): Markup {
  return html`<svg class="chart" role="img" viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT}"><title>${chart.title}</title>
${lineChart(chart)}
</svg>`;
}

/** A chart as a file of its own, with its title to be seen above it. */
export function chartFile(chart: Chart): string {
  const room = 28;
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 ${-room} ${CHART_WIDTH} ${CHART_HEIGHT + room}">
<title>${chart.title}</title>
<style>${{ markup: chartStyle }}</style>
<text x="8" y="-8" style="font-size:13px;fill:var(--ink)">${chart.title}</text>
${lineChart(chart)}
</svg>
`.markup;
}

function properties(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}
