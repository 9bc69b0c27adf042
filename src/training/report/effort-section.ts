import { card, section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { formatBytes, formatCount, formatDuration, formatFlops } from '../../text/format.js';
import { numberOf, type RunRecords } from './run-records.js';

type EffortRecords = Pick<RunRecords, 'timing' | 'metrics' | 'cost'>;

/** What the updates took: time, tokens, products, memory, and what lies on the disk. */
export function effortSection({ timing: all, metrics, cost }: EffortRecords): Markup | undefined {
  const timing = all.filter(({ type }) => type !== 'eval' && type !== 'reference');
  if (timing.length === 0) return undefined;
  const values = (key: string) => timing.map((record) => numberOf(record, key)).filter(Number.isFinite);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  const seconds = sum(values('seconds'));
  const tokens = sum(values('tokens'));
  const peak = all
    .map((record) => numberOf(record, 'peakBytes'))
    .filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, b), 0);
  const flops = (kind: string) =>
    sum(metrics.filter(({ type }) => type === kind).map((one) => numberOf(one, 'flops') || 0));
  const apart = cost?.evaluations.flops ?? flops('eval');
  const updates = flops('step');
  return section(
    'Cost',
    html`<div class="cards">
${card('Time of the updates', formatDuration(seconds), `${formatCount(timing.length)} updates`)}
${card('An update', formatDuration(seconds / timing.length), 'on average')}
${card('Tokens computed', formatCount(tokens), `${formatCount(seconds > 0 ? tokens / seconds : Number.NaN)} a second`)}
${card('Products of matrices', formatFlops(updates), `${formatFlops(updates / seconds)} a second`)}
${card('Tensors', formatBytes(peak), 'at the peak')}
${cost === undefined ? undefined : card('On the disk', formatBytes(cost.diskBytes), `${formatBytes(cost.modelBytes)} of them what was trained`)}
</div>
${apartFrom(apart, cost)}`,
  );
}

/** What is no part of the updates. */
function apartFrom(evaluations: number, cost: RunRecords['cost']): Markup {
  const took = cost === undefined ? '' : ` in ${formatDuration(cost.evaluations.seconds)}`;
  const reference =
    cost?.reference === undefined
      ? ''
      : ` Log-probs of the reference, computed once before: ${formatFlops(cost.reference.flops)} in ${formatDuration(cost.reference.seconds)}.`;
  return html`<p class="soft">Operations are those of matrix products, forward and backward, counted from the shapes that ran. Evaluations stand apart: ${formatFlops(evaluations)}${took}.${reference}</p>`;
}
