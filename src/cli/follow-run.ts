import { setImmediate } from 'node:timers/promises';
import { dropReasons } from '../data/accounting.js';
import { isAbort } from '../errors.js';
import type { FetchProgress } from '../files/progress.js';
import { formatBytes, formatCount, formatDuration, printable } from '../text/format.js';
import type { TrainEvent, TrainOptions } from '../training/events.js';
import type { Colours } from './colours.js';
import { InterruptSignals } from './interrupt-signals.js';
import { LivePanel } from './live-panel.js';
import { describeFetch } from './open-model.js';
import type { Output } from './output.js';
import { cellsOf } from './panel.js';
import { plainLine } from './plain-lines.js';
import { profileLines } from './profile-lines.js';
import { eventRecord } from './run-records.js';
import { applyEvent, emptyView, type RunView } from './run-view.js';
import { shellWord } from './shell-word.js';

type Result = Extract<TrainEvent, { type: 'result' }>;
type Profile = Extract<TrainEvent, { type: 'profile' }>;
type Interrupted = Extract<TrainEvent, { type: 'interrupted' }>;

export interface RunToFollow {
  /** The run's folder, for the command that resumes it. */
  readonly run: string;
  /** What to do when the run was stopped before there was anything to save. */
  readonly again: string;
  readonly begin: (options: TrainOptions) => AsyncGenerator<TrainEvent, void>;
}

/**
 * Follows a run to its end: a live panel on a terminal, lines on a pipe, JSON lines under --json. The first SIGINT or
 * SIGTERM lets it save and stop; the second ends the process at once. Returns the exit code.
 */
export async function followRun(output: Output, { run, again, begin }: RunToFollow): Promise<number> {
  let view: RunView = emptyView;
  let result: Result | undefined;
  let saved: Interrupted | undefined;
  let profile: Profile | undefined;
  const panel = output.live ? new LivePanel(output) : undefined;
  const signals = new InterruptSignals(() => {
    view = { ...view, saving: view.start !== undefined };
    if (panel === undefined) output.note(view.saving ? 'saving …' : 'stopping …');
    else panel.draw(view, { now: true });
  });
  output.whenClosed = () => signals.close();
  try {
    panel?.draw(view, { now: true });
    const onProgress = (progress: FetchProgress): void => {
      view = { ...view, loading: describeFetch(progress) };
      if (panel === undefined) output.status(describeFetch(progress));
      else panel.draw(view, { now: false });
    };
    for await (const event of begin({ signal: signals.signal, onProgress })) {
      view = applyEvent(view, event);
      output.record(eventRecord(event));
      if (event.type === 'result') result = event;
      else if (event.type === 'interrupted') saved = event;
      else if (event.type === 'profile') profile = event;
      if (panel === undefined) {
        const line = plainLine(event, view);
        if (line !== undefined) output.text(line);
      } else {
        panel.draw(view, { now: event.type !== 'step' });
      }
      // a step computes without a pause, and signals are seen only between turns of the event loop; the last event has
      // nothing left to interrupt but what is said of it
      if (result === undefined && saved === undefined) await setImmediate();
    }
  } catch (error) {
    if (!isAbort(error, signals.signal)) {
      if (view.checkpoint !== undefined) output.note(`Saved up to ${view.checkpoint}; orpo resume ${shellWord(run)}`);
      throw error;
    }
  } finally {
    signals.release();
    output.whenClosed = undefined;
  }
  if (profile !== undefined) for (const line of profileLines(profile, output.colours)) output.text(line);
  if (result !== undefined) {
    for (const line of describeResult(result, view.start?.model ?? 'BASE', output.colours)) output.text(line);
    return 0;
  }
  if (saved === undefined) output.fail('interrupted', 'Stopped before there was anything to save.', again);
  else {
    const message = `Stopped after step ${saved.step}; saved in ${saved.path}.`;
    output.fail('interrupted', message, `Go on with: orpo resume ${shellWord(run)}`);
  }
  return signals.exitCode;
}

/** What a finished run left, and what can be done with it. `base`: the model it started from. */
export function describeResult(result: Result, base: string, { bold, dim, green }: Colours): string[] {
  const { adapter, model, steps, tokens, seconds, peakBytes, metrics } = result;
  const place = adapter ?? model;
  const effort = `${formatCount(steps)} steps, ${formatCount(tokens)} tokens, ${formatDuration(seconds)}`;
  const cells = cellsOf(metrics).map(([name, value]) => `${dim(name)} ${value}`);
  const lines = [
    '',
    `${green('✓')} ${bold('done')}  ${effort}, at most ${formatBytes(peakBytes)} of memory`,
    `  ${cells.join('  ')}`,
  ];
  lines.push(...rowLines(result));
  if (place === undefined) return [...lines, `  run      ${printable(result.run)}`];
  const name =
    adapter === undefined ? `--model ${shellWord(place)}` : `--model ${shellWord(base)} --adapter ${shellWord(place)}`;
  return [
    ...lines,
    `  ${adapter === undefined ? 'model  ' : 'adapter'}  ${printable(place)}`,
    '',
    `  ${dim('try it')}       orpo generate ${name} --prompt "…"`,
    `  ${dim('talk to it')}   orpo chat ${name}${adapter === undefined ? '' : ' --compare base'}`,
  ];
}

/** What became of rows that were read as they were needed. */
function rowLines({ rows = [] }: Result): string[] {
  return rows.map(({ path, rows: read, used, dropped }) => {
    const reasons = dropReasons.flatMap((reason) => {
      const count = dropped[reason]?.count ?? 0;
      return count === 0 ? [] : [`${formatCount(count)} ${reason}`];
    });
    return `  rows     ${formatCount(read)} read of ${printable(path)} = ${[`${formatCount(used)} used`, ...reasons].join(' + ')}`;
  });
}
