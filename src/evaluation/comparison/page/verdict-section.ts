import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatShare } from '../../../text/format.js';
import type { Comparison } from '../comparison.js';
import { probability, systemWords } from '../words.js';
import { countedCell, systemName, tableHead } from './parts.js';
import { looks } from './tones.js';

/** More remarks of a kind are folded away. */
const MOST_REMARKS = 4;

/** What can be concluded, first of all; then what limits it. */
export function verdictHeader(comparison: Comparison): Markup {
  const { verdict, systems, missing } = comparison;
  const look = looks(comparison);
  const tone = verdict.winner === undefined ? 'grey' : look(verdict.winner).tone;
  const names = systems.map(
    (system) =>
      html`<li>${systemName(system.name, look(system.name).tone)} <span class="soft">${system.base ? 'the base, ' : ''}${systemWords(system)}</span></li>`,
  );
  return html`<header>
<p class="soft">Comparison of ${systems.length === 1 ? 'one system' : `${systems.length} systems`}</p>
<h1 class="verdict ${tone}">${verdict.sentence}</h1>
<ul class="systems">${names}</ul>
${remarks('To be kept in mind', verdict.caveats)}
${remarks('Missing', missing)}
${tests(comparison)}
</header>`;
}

function remarks(name: string, sentences: readonly string[]): Markup | undefined {
  if (sentences.length === 0) return undefined;
  const list = (some: readonly string[]): Markup =>
    html`<ul>${some.map((sentence) => html`<li>${sentence}</li>`)}</ul>`;
  const more = sentences.slice(MOST_REMARKS);
  const folded =
    more.length === 0
      ? undefined
      : html`<details class="more"><summary>${more.length} more</summary>${list(more)}</details>`;
  return html`<div class="remarks"><h2>${name}</h2>${list(sentences.slice(0, MOST_REMARKS))}${folded}</div>`;
}

const CORRECTIONS = { holm: 'Holm’s' } as const;

function tests(comparison: Comparison): Markup | undefined {
  const { verdict } = comparison;
  if (verdict.tests.length === 0) return undefined;
  const look = looks(comparison);
  const byRate = verdict.basis === 'win rate';
  const rows = verdict.tests.map(
    ({ a, b, estimate, p, adjusted, better }) =>
      html`<tr><th scope="row">${systemName(a, look(a).tone)} against ${systemName(b, look(b).tone)}</th>${countedCell(estimate, formatShare)}<td>${probability(p)}</td><td>${probability(adjusted)}</td><td class="words">${better === undefined ? 'nothing can be concluded' : html`<b>${better}</b> is better`}</td></tr>`,
  );
  const count = verdict.tests.length === 1 ? 'one test' : `${verdict.tests.length} tests`;
  return html`<details><summary>The ${count} behind this sentence</summary>
${scrolling(
  'Tests behind the verdict',
  html`<table>${tableHead(['', byRate ? 'win rate' : 'difference of accuracies', 'p', 'p, corrected', html`<th scope="col" class="words">so</th>`])}<tbody>${rows}</tbody></table>`,
)}
<p class="soft">${byRate ? 'Wins and half the ties, with Wilson’s 95% interval; p of the exact sign test.' : 'Share of pairs told apart, the first less the second; p of McNemar’s exact test.'} Corrected by ${CORRECTIONS[verdict.correction]} method, so that all ${count} together find a difference where there is none in at most ${formatShare(verdict.level)} of such comparisons.</p></details>`;
}
