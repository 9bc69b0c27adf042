import { chartElement } from '../../drawing/chart-element.js';
import { section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { pageStyle } from '../../drawing/page-style.js';
import { formatCount } from '../../text/format.js';
import { dataSection } from './data-section.js';
import { effortSection } from './effort-section.js';
import { type MethodKind, methodOf } from './method-words.js';
import { type MetricChart, mainCharts, otherCharts } from './metric-charts.js';
import { resultSection } from './result-section.js';
import type { RunRecords } from './run-records.js';
import { samplesSection } from './samples-section.js';
import { streamedRows } from './streamed-rows.js';

/** Nothing is loaded and no script runs, whatever a prompt or a model's answer may hold. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A run as one page for people: a whole HTML document that needs no other file. */
export function reportPage(run: RunRecords): string {
  const { config, metrics } = run;
  const title = `${config.model} trained with ${config.method}`;
  const { kind, notes } = methodOf(config);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${title}</title>
<style>
${{ markup: pageStyle }}
</style>
</head>
<body>
<main>
<header>
<span class="badge">${config.method}</span>
<h1>${config.model}</h1>
<p class="lead">${whatWasTrained(run)}</p>
<p class="soft">Loss: <span class="formula">${notes.formula}</span> (${notes.source}${kind.reference ? '; with a frozen reference' : ''})</p>
</header>
${resultSection(metrics, kind)}
${curvesSection(metrics, kind)}
${samplesSection(run.samples)}
${dataSection(run.data, streamedRows(metrics))}
${effortSection(run)}
${section(
  'Settings',
  html`<details><summary>The whole configuration, defaults filled in</summary>
<pre tabindex="0">${JSON.stringify(config, undefined, 2)}</pre></details>`,
)}
</main>
<footer class="soft">Drawn by orpo from the files of this folder when the run was finished.</footer>
</body>
</html>
`.markup;
}

function whatWasTrained({ config, precision, data, metrics }: RunRecords): string {
  const { adapter } = config;
  const updates = metrics.filter(({ type }) => type === 'step').length;
  const targets = adapter?.targets === 'all-linear' ? 'all linear layers' : adapter?.targets.join(', ');
  const what =
    adapter === undefined
      ? 'All weights were trained'
      : `A LoRA adapter of rank ${adapter.rank} on ${targets} was trained`;
  return `${what} for ${formatCount(updates)} updates on ${formatCount(data.train)} examples, with ${precision} matrix products.`;
}

function curvesSection(metrics: RunRecords['metrics'], method: MethodKind): Markup | undefined {
  const charts = mainCharts(metrics, method);
  if (charts.length === 0) return undefined;
  const more = otherCharts(metrics, method).map(figure);
  return section(
    'Curves',
    html`<p class="soft">Thin lines are single updates, thick ones their trend, where there are enough. Point at a chart to read its values.</p>
<div class="charts">${charts.map(figure)}</div>
${more.length === 0 ? undefined : html`<details><summary>Other metrics</summary><div class="charts">${more}</div></details>`}`,
  );
}

function figure(chart: MetricChart): Markup {
  return html`<figure>
<figcaption><h3>${chart.title}</h3><p class="soft">${chart.about}</p></figcaption>
${chartElement(chart)}
</figure>`;
}
