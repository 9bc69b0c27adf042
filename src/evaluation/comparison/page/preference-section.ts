import { shareStrip, stripCell, stripHead } from '../../../drawing/interval-strip.js';
import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount, formatShare } from '../../../text/format.js';
import type { Comparison, Estimate, PreferenceReport } from '../comparison.js';
import { probability, short } from '../words.js';
import { estimateCell, figure, systemHead, tableHead } from './parts.js';
import { looks } from './tones.js';

interface Scored {
  readonly name: string;
  readonly preference: PreferenceReport;
}

/** What systems themselves think of held-out pairs. */
export function preferenceSection(comparison: Comparison): Markup | undefined {
  const scored = comparison.systems.flatMap(({ name, preference }): Scored[] =>
    preference === undefined ? [] : [{ name, preference }],
  );
  if (scored.length === 0) return undefined;
  const look = looks(comparison);
  const accuracies = scored.map(({ name, preference: { accuracy, against } }) => {
    const p = against === undefined ? '' : ` · p ${probability(against.accuracy.mcnemar)}`;
    return html`<tr>${systemHead(name, look(name).tone, `n ${formatCount(accuracy.mean.n)}${p}`)}${stripCell(accuracy.mean, shareStrip, look(name).tone)}${estimateCell(accuracy.mean, formatShare)}</tr>`;
  });
  return html`<p class="soft">Whether a system finds the chosen answer of a pair likelier than the rejected one. No judge and no answers of its own take part.</p>
<div class="figures">
${figure(
  'Accuracy',
  'Share of pairs whose chosen answer has the higher mean log-prob a token.',
  scrolling(
    'Preference accuracy',
    html`<table class="forest">${tableHead(['system', stripHead('accuracy, drawn', shareStrip), 'accuracy'])}<tbody>${accuracies}</tbody></table>`,
  ),
  '95% intervals. p: against the base, McNemar’s exact test.',
)}
${figure(
  'Log-probs',
  'Mean log-prob a token of chosen and rejected answers. A method that separates them raises the first and lowers the second.',
  scrolling(
    'Log-probs of held-out pairs',
    html`<table>${tableHead(['system', 'n', 'chosen', 'rejected', 'margin'])}<tbody>${scored.map((one) => row(comparison, one, [one.preference.logProb.chosen, one.preference.logProb.rejected, one.preference.margin.mean]))}</tbody></table>`,
  ),
)}
</div>
<details><summary>All figures of the pairs</summary>${scrolling('All figures of the pairs', allFigures(comparison, scored))}</details>`;
}

function row(comparison: Comparison, { name, preference }: Scored, figures: readonly Estimate[]): Markup {
  return html`<tr>${systemHead(name, looks(comparison)(name).tone)}<td>${formatCount(preference.n)}</td>${figures.map((one) => estimateCell(one, short))}</tr>`;
}

const SCORES = [
  { key: 'sum', name: 'sum' },
  { key: 'mean', name: 'mean' },
  { key: 'odds', name: 'log-odds' },
] as const;

function allFigures(comparison: Comparison, scored: readonly Scored[]): Markup {
  const look = looks(comparison);
  const columns = [
    'pairs',
    ...SCORES.map(({ name }) => `accuracy, ${name}`),
    ...SCORES.map(({ name }) => `margin, ${name}`),
    'perplexity, chosen',
    'perplexity, rejected',
  ];
  const rows = scored.map(
    ({ name, preference: { n, accuracy, margin, perplexity } }) =>
      html`<tr>${systemHead(name, look(name).tone)}<td>${formatCount(n)}</td>${SCORES.map(({ key }) => estimateCell(accuracy[key], formatShare))}${SCORES.map(({ key }) => estimateCell(margin[key], short))}${estimateCell(perplexity.chosen, short)}${estimateCell(perplexity.rejected, short)}</tr>`,
  );
  return html`<table>${tableHead(['system', ...columns])}<tbody>${rows}</tbody></table>`;
}
