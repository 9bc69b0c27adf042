import type { TrainEvent } from '../training/events.js';

/** An event as the JSON line that programs read. Metrics stand beside the other keys in steps and evaluations. */
export function eventRecord(event: TrainEvent): { readonly type: string; readonly [key: string]: unknown } {
  switch (event.type) {
    case 'step': {
      const { step, seconds, tokens, flops, metrics } = event;
      return { type: 'step', step, seconds, tokens, flops, ...metrics };
    }
    case 'eval':
      return { type: 'eval', step: event.step, ...event.metrics };
    default:
      return { ...event };
  }
}
