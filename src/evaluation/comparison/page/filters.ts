import { createHash } from 'node:crypto';
import { html, type Markup } from '../../../drawing/markup.js';
import type { Comparison } from '../comparison.js';
import { systemName } from './parts.js';
import { looks } from './tones.js';

/** Controls that choose which samples are shown. They are hidden until the script runs: without it all samples are there. */
export function filters(comparison: Comparison): Markup {
  const { systems, contests } = comparison;
  const look = looks(comparison);
  const options = systems.map(({ name }, at) => html`<option value="${at}">${name}</option>`);
  const judged = contests.length > 0 && systems.length > 1;
  const winners = judged
    ? html`<label>Judge prefers <select name="winner"><option value="">any</option>${options}<option value="tie">neither (a tie)</option></select></label>
<label>over <select name="loser"><option value="">each other system</option>${options}</select></label>`
    : undefined;
  const boxes =
    systems.length > 1
      ? html`<fieldset><legend>Systems</legend>${systems.map(({ name }, at) => html`<label>${checkbox(at)}${systemName(name, look(name).tone)}</label>`)}</fieldset>`
      : undefined;
  return html`<form id="filters" hidden>
<label>Text <input type="search" name="text" placeholder="in prompts or answers" autocomplete="off"></label>
${winners}
${boxes}
<p class="soft"><output name="count" aria-live="polite"></output> <button type="reset">Show all</button></p>
</form>`;
}

function checkbox(at: number): Markup {
  return html`<input type="checkbox" name="system" value="${at}" checked>`;
}

/** Reads texts and marks that are on the page already, and only hides or shows: nothing of a text is ever run or inserted. */
const SCRIPT = `'use strict';
const form = document.getElementById('filters');
if (form !== null) {
  const samples = [...document.querySelectorAll('#sample-list .sample')].map((element) => ({
    element,
    answers: [...element.querySelectorAll('.answer')],
    results: element.dataset.results.split(' '),
    text: element.textContent.toLowerCase(),
  }));
  const fields = form.elements;
  const value = (name) => (fields[name] ? fields[name].value : '');
  const systems = [...form.querySelectorAll('[name=system]')];
  const wanted = ({ results, text }) => {
    if (!text.includes(value('text').trim().toLowerCase())) return false;
    const winner = value('winner');
    const loser = value('loser');
    if (winner === '') return true;
    if (winner === 'tie') return results.some((one) => one.includes('=') && (loser === '' || one.endsWith('=' + loser)));
    if (loser !== '') return results.includes(winner + '>' + loser);
    return systems.every(({ value: other }) => other === winner || results.includes(winner + '>' + other));
  };
  const update = () => {
    const shown = new Set(systems.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const sample of samples) {
      const keep = wanted(sample);
      sample.element.hidden = !keep;
      if (keep) count += 1;
      for (const answer of sample.answers) answer.hidden = systems.length > 0 && !shown.has(answer.dataset.system);
    }
    fields.count.value = count + ' of ' + samples.length + ' shown';
  };
  form.addEventListener('input', update);
  form.addEventListener('reset', () => setTimeout(update));
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  update();
}
`;

/** The script of the filters as an element, the same on each page. */
export const filterScript: Markup = { markup: `<script>${SCRIPT}</script>` };

/** What a content security policy lets run: this script and no other. */
export const scriptSource = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;
