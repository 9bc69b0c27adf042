import { heatClass } from '../../../drawing/heat.js';
import { shareStrip, stripAxis, stripCell, stripHead } from '../../../drawing/interval-strip.js';
import { scrolling } from '../../../drawing/layout.js';
import { html, type Markup } from '../../../drawing/markup.js';
import { formatCount, formatShare } from '../../../text/format.js';
import type { Comparison } from '../comparison.js';
import { baseOf, interval, judgeWords, probability, type Standing, short, standing } from '../words.js';
import { estimateCell, figure, systemHead, systemName, tableHead } from './parts.js';
import { looks } from './tones.js';

/** A matrix of more systems has the whole width. */
const MOST_BESIDE = 4;

/** Whose answers the judge prefers, and how sure that is. */
export function winRateSection(comparison: Comparison): Markup | undefined {
  const { contests, systems, judge } = comparison;
  if (contests.length === 0) return undefined;
  const position = judge?.position;
  const leaning =
    position === undefined
      ? ''
      : ` In both orders it prefers the same answer in ${formatShare(position.consistent.value)} of ${formatCount(position.consistent.n)}; the first one gets ${formatShare(position.first.value)} on average.`;
  return html`<p class="soft">${judge === undefined ? '' : judgeWords(judge)}${leaning}</p>
<div class="figures">
${againstBase(comparison)}
${systems.length > MOST_BESIDE ? [strengths(comparison), matrix(comparison)] : [matrix(comparison), strengths(comparison)]}
</div>`;
}

/** Each system against the base, a row each. */
function againstBase(comparison: Comparison): Markup | undefined {
  const base = baseOf(comparison);
  if (base === undefined) return undefined;
  const look = looks(comparison);
  const found = comparison.systems.flatMap(({ name }) => {
    const of = name === base.name ? undefined : standing(comparison, name, base.name);
    return of === undefined ? [] : [{ name, of }];
  });
  if (found.length === 0) return undefined;
  const controlled = found.some(({ of }) => of.lengthControlled !== undefined);
  const rows = found.map(({ name, of }) => {
    const { rate, lengthControlled, contest } = of;
    return html`<tr>${systemHead(name, look(name).tone, `n ${formatCount(rate.n)} · p ${probability(contest.winRate.p)}`)}${stripCell(rate, shareStrip, look(name).tone)}${estimateCell(rate, formatShare)}${controlled ? estimateCell(lengthControlled, formatShare) : undefined}</tr>`;
  });
  return figure(
    `Against ${base.name}`,
    'How often each system’s answer is preferred to the base’s, ties by half. An interval over the line in the middle leaves open which is better.',
    scrolling(
      `Win rates against ${base.name}`,
      html`<table class="forest">${tableHead(['system', stripHead('win rate, drawn', shareStrip), 'win rate', ...(controlled ? ['at equal lengths'] : [])])}<tbody>${rows}</tbody></table>`,
    ),
    `95% intervals: Wilson’s${controlled ? '; at equal lengths by resampling' : ''}. p is of each test alone.`,
  );
}

/** Each system against each other one. */
function matrix(comparison: Comparison): Markup | undefined {
  const { systems } = comparison;
  if (systems.length < 3) return undefined;
  const look = looks(comparison);
  const rows = systems.map((row) => {
    const cells = systems.map((column) => {
      if (row.name === column.name) return html`<td class="self" aria-label="itself"></td>`;
      const of = standing(comparison, row.name, column.name);
      return of === undefined
        ? html`<td class="self">not judged</td>`
        : heatCell(of, isDecided(comparison, row.name, column.name));
    });
    return html`<tr>${systemHead(row.name, look(row.name).tone)}${cells}</tr>`;
  });
  const heads = systems.map(({ name }) => html`<th scope="col">${systemName(name, look(name).tone)}</th>`);
  return figure(
    'Each against each',
    'How often the system of the row is preferred to that of the column. Bold with an arrow where the difference holds after correction for all tests.',
    scrolling(
      'Win rates of each system against each other',
      html`<table class="heat">${tableHead([html`<th scope="col"><span class="unseen">row against column</span></th>`, ...heads])}<tbody>${rows}</tbody></table>`,
    ),
    'Blue: the row wins more often. Orange: the column does. Wilson’s 95% intervals.',
    systems.length > MOST_BESIDE,
  );
}

/** Whether the difference of the two holds after the correction for all tests of the comparison. */
function isDecided({ verdict }: Comparison, a: string, b: string): boolean {
  const test = verdict.tests.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a));
  return verdict.basis === 'win rate' && test?.better !== undefined;
}

function heatCell({ rate }: Standing, decided: boolean): Markup {
  const share = decided
    ? html`<b>${rate.value > 0.5 ? '▲' : '▼'} ${formatShare(rate.value)}</b>`
    : html`<span>${formatShare(rate.value)}</span>`;
  return html`<td class="${heatClass(rate.value)}">${share}<small>${interval(rate, formatShare).replace('%', '')}</small><small>n ${formatCount(rate.n)}</small></td>`;
}

function strengths(comparison: Comparison): Markup | undefined {
  const { strengths: found } = comparison;
  if (found === undefined) return undefined;
  const look = looks(comparison);
  const axis = stripAxis(
    found.systems.map(({ score }) => score),
    0,
  );
  const rows = found.systems.map(
    ({ system, score, n }) =>
      html`<tr>${systemHead(system, look(system).tone, `n ${formatCount(n)}`)}${stripCell(score, axis, look(system).tone)}${estimateCell({ ...score, n }, short)}</tr>`,
  );
  return figure(
    'Strength among all',
    'Bradley-Terry scores from all contests together, in log-odds; all sum to 0. Two systems 1.1 apart win three to one.',
    scrolling(
      'Strengths',
      html`<table class="forest">${tableHead(['system', stripHead('strength, drawn', axis), 'strength'])}<tbody>${rows}</tbody></table>`,
    ),
    `Of ${formatCount(found.n)} contests on ${formatCount(found.prompts)} prompts; 95% intervals, clustered by prompt.`,
  );
}
