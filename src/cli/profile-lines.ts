import { formatBytes, formatCount, formatDuration, formatFlops, formatShare, printable } from '../text/format.js';
import type { TrainEvent } from '../training/events.js';
import type { Colours } from './colours.js';

type Profile = Extract<TrainEvent, { type: 'profile' }>;

const MOST_OPERATORS = 16;

/** Where the time of a run went, as a table for people. */
export function profileLines({ summary, path, trace }: Profile, { bold, dim }: Colours): string[] {
  const { updates, limit, floors, operators, phases } = summary;
  const each = (seconds: number): string => milliseconds(seconds / Math.max(1, updates.count));
  const rate = `${formatFlops(limit.flops)}/s in ${summary.precision} (${limit.shape.join('×')})`;
  const total = `${each(updates.seconds)} an update over ${formatCount(updates.count)}`;
  return [
    '',
    `${bold('profile')}  ${total}, ${formatShare(updates.limitShare)} of the limit of ${rate}`,
    `  ${formatFlops(updates.usefulFlops / Math.max(1, updates.count))} of useful work, ${formatBytes(updates.bytes / Math.max(1, updates.count))} moved, ${formatCount(updates.operatorCalls / Math.max(1, updates.count))} operator calls an update`,
    '',
    dim(row(['floor', 'share', 'forward', 'backward', 'between'])),
    ...floors.map(({ floor, share, forward, backward, between }) =>
      row([printable(floor), formatShare(share), each(forward), each(backward), each(between)]),
    ),
    '',
    dim(row(['operator', 'share', 'time', 'calls', 'of limit', 'bytes/s'])),
    ...operators
      .slice(0, MOST_OPERATORS)
      .map(({ name, share, seconds, calls, limitShare, bytes }) =>
        row([
          printable(name),
          formatShare(share),
          each(seconds),
          formatCount(calls / Math.max(1, updates.count)),
          limitShare === undefined ? '–' : formatShare(limitShare),
          bytes > 0 && seconds > 0 ? formatBytes(bytes / seconds) : '–',
        ]),
      ),
    '',
    `  the whole run: ${phases.map(({ phase, seconds }) => `${printable(phase)} ${formatDuration(seconds)}`).join(', ')}`,
    `  ${dim('summary')}  ${printable(path)}`,
    `  ${dim('trace')}    ${printable(trace)}${summary.trace.untraced > 0 ? dim(` (its first ${formatCount(summary.trace.events)} events)`) : ''}`,
  ];
}

const WIDTHS = [30, 8, 11, 11, 10, 12];

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i] ?? 0) : cell.padStart(WIDTHS[i] ?? 0))).join('')}`;
}

function milliseconds(seconds: number): string {
  const value = seconds * 1000;
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`;
}
