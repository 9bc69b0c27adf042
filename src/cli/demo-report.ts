import { formatBytes, formatCount, formatDuration, formatShare, printable } from '../text/format.js';
import { type Colours, withoutColours } from './colours.js';
import { chart } from './demo-chart.js';
import { sideBySide } from './demo-columns.js';
import type { Measurement } from './demo-measure.js';

/** Everything the demo shows at its end. */
export interface DemoOutcome {
  readonly before: Measurement;
  readonly after: Measurement;
  readonly questions: readonly string[];
  /** Mean log-probability a token, one of each update. */
  readonly curves: { readonly chosen: readonly number[]; readonly rejected: readonly number[] };
  /** Of the training alone. */
  readonly training: { readonly seconds: number; readonly tokens: number; readonly peakBytes: number };
  /** Wall time of the whole demo. */
  readonly seconds: number;
  readonly next: readonly string[];
  /** Whether the model was pretrained on the spot. */
  readonly tiny: boolean;
}

const WIDEST_CHART = 72;

/** The outcome as text for a terminal of `width` columns. */
export function demoReport(outcome: DemoOutcome, width: number, colours: Colours = withoutColours): string {
  const { before, after, curves, training } = outcome;
  const { bold, dim, cyan } = colours;
  const plot = { width: Math.min(width, WIDEST_CHART), height: 4, unit: 'update' };
  const title = 'mean log-probability a token, chosen answers';
  const sections = [
    [
      bold(`Held-out pairs (${before.pairs}, never trained on)`),
      comparison('preference accuracy', formatShare(before.accuracy), formatShare(after.accuracy)),
      comparison('margin', before.margin.toFixed(3), after.margin.toFixed(3)),
      comparison('tokens an answer', before.tokens.toFixed(0), after.tokens.toFixed(0)),
      dim('Accuracy: how often the model finds the good answer likelier a token. Margin: by how much, in nats.'),
    ].join('\n'),
    chart(curves.chosen, { title, ...plot }),
    chart(curves.rejected, { title: title.replace('chosen', 'rejected'), ...plot }),
    ...outcome.questions.map((question, i) =>
      [
        cyan(`“${printable(question)}”`),
        sideBySide(
          [
            { heading: 'before', text: printable(before.answers[i] ?? '') },
            { heading: 'after', text: printable(after.answers[i] ?? '') },
          ],
          width,
        ),
      ].join('\n'),
    ),
    ...(outcome.tiny ? [TINY_REMARK] : []),
    [
      `Training took ${formatDuration(training.seconds)} for ${formatCount(training.tokens)} tokens`,
      `(${formatCount(training.tokens / Math.max(training.seconds, 1e-9))} a second)`,
      `and at most ${formatBytes(training.peakBytes)} of tensors; everything together ${formatDuration(outcome.seconds)}.`,
    ].join(' '),
    [bold('Go on with'), ...outcome.next.map((command) => `  ${command}`)].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** What people must know of a model that was made on the spot. */
const TINY_REMARK = [
  'These answers come from a model of less than a million weights that has read nothing but the 216 training questions',
  'with their answers, the bad ones three times as often. It has learnt how they sound, not what is true: what it says',
  'is made up, before and after. It shows what ORPO does: the tone changes, and unseen pairs are told apart. With a',
  'network, the demo uses a real model.',
].join('\n');

function comparison(name: string, before: string, after: string): string {
  return `  ${name.padEnd(22)}${before.padStart(8)}  →  ${after}`;
}
