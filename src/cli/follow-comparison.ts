import { compare } from '../evaluation/comparison/compare.js';
import type { Comparison } from '../evaluation/comparison/comparison.js';
import type { CompareConfig } from '../evaluation/comparison/config.js';
import type { CompareEvent } from '../evaluation/comparison/events.js';
import { formatCount } from '../text/format.js';
import { comparisonLines } from './comparison-lines.js';
import { evaluationLines } from './evaluation-lines.js';
import { InterruptSignals } from './interrupt-signals.js';
import { describeFetch } from './open-model.js';
import type { Output } from './output.js';

/** Follows a comparison to its end; the first SIGINT or SIGTERM stops it where it can go on later. Returns the exit code. */
export async function followComparison(
  output: Output,
  config: CompareConfig,
  verb: 'compare' | 'eval',
): Promise<number> {
  const signals = new InterruptSignals(() => output.note('stopping …'));
  output.whenClosed = () => signals.close();
  try {
    for await (const event of compare(config, {
      signal: signals.signal,
      onProgress: (progress) => output.status(describeFetch(progress)),
    })) {
      if (event.type === 'interrupted') {
        const hint = 'What was answered and judged is kept: run the same command again to go on.';
        output.fail('interrupted', 'Stopped before the report was written.', hint);
        return signals.exitCode;
      }
      if (event.type !== 'result') {
        output.record({ ...event });
        const line = progressOf(event);
        if (line !== undefined) output.status(line);
        continue;
      }
      const draw = verb === 'compare' ? comparisonLines : evaluationLines;
      for (const line of draw(event.comparison, output.colours)) output.text(line);
      if (event.report !== undefined) output.text(`\n${event.report}`);
      output.record(resultOf(event, verb));
    }
  } finally {
    signals.release();
    output.whenClosed = undefined;
  }
  return 0;
}

function progressOf(event: Exclude<CompareEvent, { readonly type: 'result' | 'interrupted' }>): string | undefined {
  if (event.type === 'start') return undefined;
  const of = `${formatCount(event.done)} of ${formatCount(event.total)}`;
  if (event.type === 'answers') return `${event.system} answered ${of} prompts`;
  if (event.type === 'pairs') return `${event.system} scored ${of} pairs`;
  return `the judge answered ${of} questions`;
}

type Result = Extract<CompareEvent, { readonly type: 'result' }>;

/** What programs read: all of the report but what is drawn. */
function resultOf(
  { comparison, report }: Result,
  verb: 'compare' | 'eval',
): { type: 'result'; [key: string]: unknown } {
  const { rows: _, rewards, systems, ...rest } = comparison;
  const plain = systems.map(({ training: __, ...system }) => system);
  const where = report === undefined ? {} : { report };
  const found = { ...rest, ...(rewards && { rewards: withoutDensities(rewards) }) };
  if (verb === 'compare') return { type: 'result', ...where, systems: plain, ...found };
  return { type: 'result', ...where, system: plain.at(-1), ...(plain.length > 1 && { reference: plain[0] }), ...found };
}

function withoutDensities({ grid: _, ...rewards }: NonNullable<Comparison['rewards']>): unknown {
  return { ...rewards, systems: rewards.systems.map(({ density: __, ...system }) => system) };
}
