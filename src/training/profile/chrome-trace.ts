import type { TracedEvent } from '../../torch/index.js';

/**
 * Events in the Trace Event Format, which Perfetto and Chrome open: complete events (`ph: X`) of one thread, that lie in one
 * another by their times. Microseconds.
 */
export function chromeTrace(events: readonly TracedEvent[], title: string): string {
  const lines = [
    JSON.stringify({ ph: 'M', pid: 1, tid: 1, name: 'process_name', args: { name: title } }),
    JSON.stringify({ ph: 'M', pid: 1, tid: 1, name: 'thread_name', args: { name: 'operators and spans' } }),
    ...inOrder(events).map((event) => JSON.stringify(completeEvent(event))),
  ];
  return `{"displayTimeUnit":"ms","traceEvents":[\n${lines.join(',\n')}\n]}\n`;
}

/** By their begin; of those that begin together, what holds the other first. */
function inOrder(events: readonly TracedEvent[]): TracedEvent[] {
  return [...events].sort((a, b) => a.begin - b.begin || b.seconds - a.seconds);
}

function completeEvent({ name, kind, floor, backward, begin, seconds, flops, bytes }: TracedEvent) {
  return {
    ph: 'X',
    pid: 1,
    tid: 1,
    name,
    cat: backward && kind === 'operator' ? 'backward operator' : kind,
    ts: microseconds(begin),
    dur: microseconds(seconds),
    ...(kind === 'span'
      ? {}
      : {
          args: {
            floor,
            ...(bytes > 0 ? { bytes } : {}),
            ...(flops > 0 ? { flops, 'GFLOP/s': Math.round(flops / seconds / 1e7) / 100 } : {}),
          },
        }),
  };
}

/** To the nanosecond, so that what lay in one another still does. */
function microseconds(seconds: number): number {
  return Math.round(seconds * 1e9) / 1e3;
}
