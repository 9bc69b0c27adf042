import { section } from '../../drawing/layout.js';
import { html, type Markup } from '../../drawing/markup.js';
import { type LogRecord, numberOf, textOf } from './run-records.js';

/** Answers to held-out prompts at the first and at the last evaluation, side by side. */
export function samplesSection(samples: readonly LogRecord[]): Markup | undefined {
  const steps = samples.map((sample) => numberOf(sample, 'step')).filter(Number.isFinite);
  if (steps.length === 0) return undefined;
  const first = steps.reduce((a, b) => Math.min(a, b));
  const last = steps.reduce((a, b) => Math.max(a, b));
  const at = (step: number) => samples.filter((sample) => sample.step === step);
  // the same prompts are asked each time, in the same order
  const earlier = at(first);
  const pairs = at(last).map((after, i) => {
    const answers = first === last ? [answer(after)] : [...earlier.slice(i, i + 1), after].map(answer);
    return html`<article>
<h3>Row ${numberOf(after, 'row')}</h3>
<div class="prompt" dir="auto">${textOf(after, 'prompt').trim()}</div>
<div class="sides">${answers}</div>
</article>`;
  });
  return section(
    'Answers to held-out prompts',
    html`<p class="soft">The likeliest token each time, so nothing is left to chance. Those of all evaluations are in samples.jsonl.</p>
${pairs}`,
  );
}

function answer(sample: LogRecord): Markup {
  const text = textOf(sample, 'text').trim();
  const step = numberOf(sample, 'step');
  return html`<div class="answer">
<h4>${step === 0 ? 'Before training' : `After update ${step}`}</h4>
${text === '' ? html`<p class="soft">No text.</p>` : html`<div dir="auto">${text}</div>`}
${sample.stop === 'length' ? html`<p class="soft">Cut off at the limit of training.sampleTokens.</p>` : undefined}
</div>`;
}
