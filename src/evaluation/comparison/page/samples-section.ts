import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount } from '../../../text/format.js';
import type { Comparison, SampleAnswer, SampleRow } from '../comparison.js';
import { minus, short } from '../words.js';
import { filters } from './filters.js';
import { favourite, outcomeOf } from './outcome.js';
import { systemName } from './parts.js';
import { looks } from './tones.js';

/** The same prompts answered by each system, side by side, with the judge's choices. */
export function samplesSection(comparison: Comparison): Markup | undefined {
  const { rows, prompts, generation } = comparison;
  if (rows.length === 0) return undefined;
  const all = prompts?.n ?? rows.length;
  const which =
    rows.length < all ? `The first ${formatCount(rows.length)} of ${formatCount(all)} prompts` : 'All prompts';
  const first = (generation?.samples ?? 1) > 1 ? ', each with the first answer of every system' : '';
  return html`<p class="soft">${which}${first}.</p>
${filters(comparison)}
<div id="sample-list">
${rows.map((row) => sample(comparison, row))}
</div>`;
}

function sample(comparison: Comparison, row: SampleRow): Markup {
  const names = comparison.systems.map(({ name }) => name);
  const place = (name: string): number => names.indexOf(name);
  const results = row.choices.flatMap(({ a, b, score }) => {
    if (score === undefined) return [];
    if (score === 0.5) return [`${place(a)}=${place(b)}`, `${place(b)}=${place(a)}`];
    return [score > 0.5 ? `${place(a)}>${place(b)}` : `${place(b)}>${place(a)}`];
  });
  const best = favourite(row, names);
  const failures = [...new Set(row.choices.flatMap(({ failure }) => failure ?? []))];
  const answers = row.answers.map((answer, at) => answerOf(comparison, row, answer, at, names[at] === best));
  return html`<article class="sample" data-results="${results.join(' ')}">
<h3>Row ${row.row}</h3>
<div class="prompt" dir="auto">${row.prompt.trim()}</div>
<div class="answers">${answers}</div>
${failures.length === 0 ? undefined : html`<p class="soft">The judge failed: ${failures.join(' ')}</p>`}
</article>`;
}

function answerOf(comparison: Comparison, row: SampleRow, answer: SampleAnswer, at: number, best: boolean): Markup {
  const name = comparison.systems[at]?.name ?? '';
  const { tone } = looks(comparison)(name);
  const text = answer.text?.trim();
  const notes = [
    ...(answer.reward === undefined ? [] : [`reward ${short(answer.reward)}`]),
    ...(answer.tokens === undefined
      ? []
      : [`${formatCount(answer.tokens)} ${answer.tokens === 1 ? 'token' : 'tokens'}`]),
    ...(answer.cut === true ? ['cut off'] : []),
  ];
  const { over, ties, under } = outcomeOf(row, name);
  const several = comparison.systems.length > 2;
  const fared = [
    ...(over.length > 0 ? [several ? `preferred to ${over.join(', ')}` : 'preferred'] : []),
    ...(ties.length > 0 ? [several ? `ties with ${ties.join(', ')}` : 'tie'] : []),
    ...(under.length > 0 && several ? [`behind ${under.join(', ')}`] : []),
  ];
  const shown =
    text === undefined
      ? html`<p class="soft">No answer.</p>`
      : text === ''
        ? html`<p class="soft">No text.</p>`
        : html`<div dir="auto">${text}</div>`;
  return html`<div class="answer ${tone}${best ? ' best' : ''}" data-system="${at}">
<h4>${systemName(name, tone)}${best ? html`<span class="choice">★ the judge’s choice</span>` : undefined}</h4>
${shown}
<p class="soft">${[...notes, ...fared].map(minus).join(' · ')}</p>
</div>`;
}
