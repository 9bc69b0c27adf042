import { card, scrolling, section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { formatCount, formatNumber, formatShare } from '../../text/format.js';
import { type MethodKind, methodWords } from './method-words.js';
import { type LogRecord, metricKeys, numberOf } from './run-records.js';

/** Share of the updates at either end that stand for the beginning and the end of a run: single ones differ by their rows. */
const END_SHARE = 0.1;

interface Ends {
  readonly before: LogRecord | undefined;
  readonly after: LogRecord;
  /** Where the numbers are from. */
  readonly about: string;
}

/** What training came to: on held-out rows where there are some, else on the rows it trained on. */
export function resultSection(metrics: readonly LogRecord[], method: MethodKind): Markup | undefined {
  const evaluations = metrics.filter(({ type }) => type === 'eval');
  const updates = metrics.filter(({ type }) => type === 'step');
  const ends = heldOutEnds(evaluations) ?? trainedEnds(updates);
  if (ends === undefined) return undefined;
  const { before, after, about } = ends;
  const shown = [
    { key: 'reward', name: 'Reward', format: formatNumber },
    { key: 'kl', name: 'Divergence from the reference', format: formatNumber },
    { key: 'rewards/accuracies', name: 'Preference accuracy', format: formatShare },
    { key: 'rewards/margins', name: 'Reward margin', format: formatNumber },
    { key: 'logps/chosen', name: `Log-prob, ${methodWords(method).better}`, format: formatNumber },
    { key: 'loss', name: 'Loss', format: formatNumber },
  ] as const;
  const cards = shown
    .filter(({ key }) => key in after)
    .map(({ key, name, format }) =>
      card(name, format(numberOf(after, key)), before === undefined ? '' : `before ${format(numberOf(before, key))}`),
    );
  return section(
    'Result',
    html`<p class="soft">${about}</p>
<div class="cards">${cards}</div>
${lostValues(metrics)}
${numbers(evaluations, updates)}`,
  );
}

function heldOutEnds(evaluations: readonly LogRecord[]): Ends | undefined {
  const after = evaluations.at(-1);
  if (after === undefined) return undefined;
  const before = evaluations.length > 1 ? evaluations[0] : undefined;
  const when = `after update ${formatCount(numberOf(after, 'step'))}`;
  const first = numberOf(before, 'step');
  const compared = first === 0 ? ', and before training' : `, and after update ${formatCount(first)}`;
  return { before, after, about: `On held-out rows, ${when}${before === undefined ? '' : compared}.` };
}

function trainedEnds(updates: readonly LogRecord[]): Ends | undefined {
  const count = Math.ceil(updates.length * END_SHARE);
  if (count === 0) return undefined;
  const advice = 'Those rows were trained on: data.eval measures on rows held out.';
  if (updates.length === 1) return { before: undefined, after: means(updates), about: `Of the one update. ${advice}` };
  const what =
    count === 1 ? 'the last update, and of the first' : `the last ${count} updates, and of the first ${count}`;
  const about = `Means of ${what}. ${advice}`;
  return { before: means(updates.slice(0, count)), after: means(updates.slice(-count)), about };
}

function means(records: readonly LogRecord[]): LogRecord {
  const mean = (key: string): number => {
    const values = records.map((record) => numberOf(record, key)).filter(Number.isFinite);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return Object.fromEntries([...metricKeys(records)].map((key) => [key, mean(key)]));
}

/** Updates after which some number was not finite: something went wrong that a gap in a curve does not tell. */
function lostValues(metrics: readonly LogRecord[]): Markup | undefined {
  const bad = metrics.filter(({ nonFinite }) => typeof nonFinite === 'object');
  if (bad.length === 0) return undefined;
  const records = bad.length === 1 ? 'One record has' : `${formatCount(bad.length)} records have`;
  return html`<p class="warning">${records} values that are not finite, first at update ${formatCount(numberOf(bad[0], 'step'))}. They are gaps in the curves.</p>`;
}

/** Every metric at the ends of the run. */
function numbers(evaluations: readonly LogRecord[], updates: readonly LogRecord[]): Markup {
  const columns = [
    ...(evaluations.length > 1 ? [{ name: 'held out, before', record: evaluations[0] }] : []),
    ...(evaluations.length > 0 ? [{ name: 'held out, after', record: evaluations.at(-1) }] : []),
    ...(updates.length > 1 ? [{ name: 'first update', record: updates[0] }] : []),
    ...(updates.length > 0 ? [{ name: 'last update', record: updates.at(-1) }] : []),
  ];
  const rows = [...metricKeys(columns.flatMap(({ record }) => (record === undefined ? [] : [record])))].map(
    (key) =>
      html`<tr><th scope="row">${key}</th>${columns.map(({ record }) => html`<td>${formatNumber(numberOf(record, key))}</td>`)}</tr>`,
  );
  return html`<details><summary>All metrics in numbers</summary>
${scrolling(
  'All metrics in numbers',
  html`<table>
<thead><tr><th scope="col">metric</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table>`,
)}</details>`;
}
