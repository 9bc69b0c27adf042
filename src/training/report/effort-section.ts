import { card, section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { formatBytes, formatCount, formatDuration } from '../../text/format.js';
import { type LogRecord, numberOf } from './run-records.js';

/** What the updates took: time, tokens, memory. */
export function effortSection(timing: readonly LogRecord[]): Markup | undefined {
  if (timing.length === 0) return undefined;
  const values = (key: string) => timing.map((record) => numberOf(record, key)).filter(Number.isFinite);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
  const seconds = sum(values('seconds'));
  const tokens = sum(values('tokens'));
  const peak = values('peakBytes').reduce((a, b) => Math.max(a, b), 0);
  return section(
    'Time and memory',
    html`<div class="cards">
${card('Time of the updates', formatDuration(seconds), `${formatCount(timing.length)} updates`)}
${card('An update', formatDuration(seconds / timing.length), 'on average')}
${card('Tokens computed', formatCount(tokens), `${formatCount(seconds > 0 ? tokens / seconds : Number.NaN)} a second`)}
${card('Tensors', formatBytes(peak), 'at the peak')}
</div>`,
  );
}
