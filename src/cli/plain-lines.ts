import { formatBytes, formatCount, formatDuration, formatShort, printable } from '../text/format.js';
import type { TrainEvent } from '../training/events.js';
import { cellsOf, describeEvaluation } from './panel.js';
import { type RunView, secondsLeft } from './run-view.js';
import { sampleLines } from './sample-lines.js';

/** Characters of a sample's line; a log has no width of its own. */
const SAMPLE_WIDTH = 120;

/** An event as one line for a log, one a sample; undefined for those that are told otherwise. */
export function plainLine(event: TrainEvent, view: RunView): string | undefined {
  switch (event.type) {
    case 'start': {
      const { method, model, parameters, trained, precision, why, examples, evaluation, steps, from, reference } =
        event;
      const weights = trained === parameters ? 'all' : formatShort(trained);
      const what = `${method} on ${printable(model)}: ${formatShort(parameters)} parameters, ${weights} trained`;
      const rows = `${formatCount(examples)} examples${evaluation > 0 ? `, ${formatCount(evaluation)} to evaluate` : ''}`;
      const frozen = reference === undefined ? '' : `, reference ${reference} (${event.referenceWhy})`;
      const place = from > 0 ? `steps ${from + 1} to ${steps}` : `${formatCount(steps)} steps`;
      const { recompute, layers } = event.memory;
      const twice = recompute > 0 ? `, ${recompute} of ${layers} layers computed twice to save memory` : '';
      return `${what}, ${precision} (${why})${frozen}${twice}; ${rows}; ${place} → ${printable(event.run)}`;
    }
    case 'step': {
      const left = secondsLeft(view);
      const parts = [
        `step ${event.step}/${event.steps}`,
        ...cellsOf(event.metrics).map(([name, value]) => `${name} ${value}`),
        `${formatShort(event.seconds > 0 ? event.tokens / event.seconds : Number.NaN)} tokens/s`,
        formatBytes(event.peakBytes),
        ...(left === undefined ? [] : [`${formatDuration(left)} left`]),
      ];
      return parts.join('  ');
    }
    case 'eval':
      return describeEvaluation(event);
    case 'samples':
      return sampleLines(event, SAMPLE_WIDTH).join('\n') || undefined;
    case 'checkpoint':
      return `checkpoint ${printable(event.path)}`;
    case 'profile':
    case 'interrupted':
    case 'result':
      return undefined;
  }
}
