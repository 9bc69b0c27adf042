import { card, scrolling, section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { pageStyle } from '../../drawing/page-style.js';
import { formatCount, formatDuration } from '../../text/format.js';
import { notes, sensitivityHeading } from './card.js';
import type { CompareConfig } from './config.js';
import { intervalPlot } from './interval-plot.js';
import type { ComparisonSummary } from './summary.js';
import { costTable, outcomeTable, sensitivityTable, type TextTable } from './tables.js';

/** Nothing is loaded and no script runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** A comparison as one page for people: a whole HTML document that needs no other file. */
export function comparisonPage(config: CompareConfig, summary: ComparisonSummary): string {
  const { methods, select, rows, seeds, cost } = summary;
  const cells = methods.reduce((sum, { trials }) => sum + trials * seeds.length, 0);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Methods compared from ${config.model}</title>
<style>
${{ markup: pageStyle }}
</style>
</head>
<body>
<main>
<header>
<span class="badge">compare</span>
<h1>${methods.map(({ entry }) => entry).join(', ')}</h1>
<p class="soft">from ${config.model}</p>
<p class="lead">${summary.verdict}</p>
</header>
${section(
  'Outcome',
  html`${intervalPlot(summary)}
${scrolling('Outcome', table(outcomeTable(summary)))}
<p class="soft">${notes(summary).join(' ')}</p>`,
)}
${
  summary.answers === undefined
    ? undefined
    : section(
        'Answers to the test prompts',
        html`<p>${summary.answers.sentence} One run of each method answered, that of the first seed.</p>
<p><a href="${summary.answers.folder}/report.html">The report of the answers</a></p>`,
      )
}
${section(
  'Search',
  html`<div class="cards">
${card('Methods', String(methods.length), methods.map(({ entry, trials }) => `${entry} ${trials}`).join(', '))}
${card('Cells', formatCount(cells), `${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'} each setting`)}
${card('Pairs', formatCount(rows.train), `${formatCount(rows.validation)} to select on, ${formatCount(rows.test)} to test on`)}
${card('Time of all updates', formatDuration(cost.seconds), `${formatCount(cost.updates)} updates`)}
</div>`,
)}
${section('Cost', scrolling('Cost', table(costTable(summary))))}
${section(
  sensitivityHeading(summary),
  html`${methods.map((method) => html`<h3>${method.entry}</h3>${scrolling(method.entry, table(sensitivityTable(method, select)))}`)}`,
)}
${section(
  'Settings',
  html`<details><summary>The whole recipe, defaults filled in</summary>
<pre tabindex="0">${JSON.stringify(config, undefined, 2)}</pre></details>`,
)}
</main>
<footer class="soft">Drawn by orpo from the files of this folder when the comparison was finished.</footer>
</body>
</html>
`.markup;
}

function table({ head, rows }: TextTable): Markup {
  return html`<table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>
${rows.map(([first = '', ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`)}
</tbody></table>`;
}
