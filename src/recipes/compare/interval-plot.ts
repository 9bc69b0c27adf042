import { type IntervalChart, intervalChart, intervalChartFile } from '../../drawing/interval-chart.js';
import { html, type Markup } from '../../drawing/markup.js';
import { isShare } from './measures.js';
import type { ComparisonSummary } from './summary.js';
import { intervalWords } from './tables.js';

/** The test measure of each method with its interval over seeds, and the model that was not trained as a line. */
export function intervalPlot(summary: ComparisonSummary): Markup | undefined {
  const chart = intervalChart(chartOf(summary));
  return chart && html`<figure>${chart}</figure>`;
}

/** The same as a file of its own. */
export function intervalPlotFile(summary: ComparisonSummary): string {
  return intervalChartFile(chartOf(summary));
}

function chartOf({ methods, select, start }: ComparisonSummary): IntervalChart {
  const tested = methods.flatMap(({ entry, best }) => (best === undefined ? [] : [{ entry, test: best.test }]));
  return {
    title: `Test ${select} of the best of each method`,
    description: tested.map(({ entry, test }) => `${entry}: ${intervalWords(select, test)}.`).join(' '),
    across: `test ${select}; dotted: before training`,
    share: isShare(select),
    mark: start[select],
    rows: tested.map(({ entry, test: { value, low, high } }) => ({ name: entry, value, low, high })),
  };
}
