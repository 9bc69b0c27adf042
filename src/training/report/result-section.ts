import { formatNumber, formatShare } from '../../text/format.js';
import { card, section } from './layout.js';
import { html, type Markup } from './markup.js';
import { type LogRecord, numberOf } from './run-records.js';

const SHOWN = [
  { key: 'rewards/accuracies', name: 'Preference accuracy', format: formatShare },
  { key: 'rewards/margins', name: 'Reward margin', format: formatNumber },
  { key: 'logps/chosen', name: 'Log-prob of chosen', format: formatNumber },
  { key: 'loss', name: 'Loss', format: formatNumber },
] as const;

/** What training came to: on held-out rows where there are some, else on the rows it trained on. */
export function resultSection(metrics: readonly LogRecord[]): Markup | undefined {
  const evaluations = metrics.filter(({ type }) => type === 'eval');
  const updates = metrics.filter(({ type }) => type === 'step');
  const heldOut = evaluations.length > 0;
  const first = heldOut ? evaluations[0] : updates[0];
  const last = heldOut ? evaluations.at(-1) : updates.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const begin = heldOut ? 'before' : 'at first';
  const cards = SHOWN.filter(({ key }) => key in last).map(({ key, name, format }) =>
    card(name, format(numberOf(last, key)), first === last ? '' : `${begin} ${format(numberOf(first, key))}`),
  );
  const about = heldOut
    ? `On held-out rows, after update ${last.step}${first === last ? '' : ` and before training`}.`
    : 'On the rows of single updates, which differ from one another; data.eval would measure it on rows held out.';
  return section(
    'Result',
    html`<p class="soft">${about}</p>
<div class="cards">${cards}</div>
${numbers(evaluations, updates)}`,
  );
}

/** Every metric at the ends of the run. */
function numbers(evaluations: readonly LogRecord[], updates: readonly LogRecord[]): Markup {
  const columns = [
    ...(evaluations.length > 1 ? [{ name: 'held out, before', record: evaluations[0] }] : []),
    ...(evaluations.length > 0 ? [{ name: 'held out, after', record: evaluations.at(-1) }] : []),
    ...(updates.length > 1 ? [{ name: 'first update', record: updates[0] }] : []),
    ...(updates.length > 0 ? [{ name: 'last update', record: updates.at(-1) }] : []),
  ];
  const keys = new Set(columns.flatMap(({ record }) => Object.keys(record ?? {})));
  for (const key of ['type', 'step', 'epoch', 'nonFinite']) keys.delete(key);
  const rows = [...keys].map(
    (key) =>
      html`<tr><th scope="row">${key}</th>${columns.map(({ record }) => html`<td>${formatNumber(numberOf(record, key))}</td>`)}</tr>`,
  );
  return html`<details><summary>All metrics in numbers</summary>
<div class="wide"><table>
<thead><tr><th scope="col">metric</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div></details>`;
}
