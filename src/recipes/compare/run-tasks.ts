import { type ChildProcess, fork } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { OrpoError } from '../../errors.js';
import type { TrainOptions } from '../../training/events.js';
import { type CellEvent, type CellTask, runCell } from './run-cell.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

/**
 * Does tasks: one after another in this process, or side by side in `workers` others. What comes of a task depends on the
 * task alone, as long as its threads do. Ends early when the signal is aborted.
 *
 * @throws OrpoError of the first task that fails, after the others were stopped
 */
export async function* runTasks(
  tasks: readonly CellTask[],
  workers: number,
  options: TrainOptions,
): AsyncGenerator<CellEvent, void> {
  if (workers > 1 && tasks.length > 1) yield* sideBySide(tasks, Math.min(workers, tasks.length), options.signal);
  else
    for (const task of tasks) {
      // measuring computes without a pause, and signals are seen only between turns of the event loop
      await setImmediate();
      if (options.signal?.aborted === true) return;
      yield* runCell(task, options);
    }
}

/** What the queue of a sweep holds: events, or the end of a worker. */
type Told = { readonly event: CellEvent } | { readonly over: OrpoError | undefined };

async function* sideBySide(
  tasks: readonly CellTask[],
  count: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<CellEvent, void> {
  const queue: Told[] = [];
  let wake = (): void => {};
  const tell = (told: Told): void => {
    queue.push(told);
    wake();
  };
  const waiting = [...tasks];
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const next = (): CellTask | undefined => (either.aborted ? undefined : waiting.shift());
  const children = Array.from({ length: count }, () => startWorker(next, tell, either));
  let fault: OrpoError | undefined;
  try {
    for (let running = count; running > 0; ) {
      if (queue.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      for (let told = queue.shift(); told !== undefined; told = queue.shift()) {
        if ('event' in told) yield told.event;
        else {
          running--;
          fault ??= told.over;
          if (told.over !== undefined) stop.abort();
        }
      }
    }
  } finally {
    // whoever gives up listening leaves no process behind
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
  if (fault !== undefined) throw fault;
}

/** A process that takes one task after another until there is none; `tell` hears of its end once. */
function startWorker(next: () => CellTask | undefined, tell: (told: Told) => void, signal: AbortSignal): ChildProcess {
  const child = fork(new URL('./cell-worker.js', import.meta.url), {
    // what a reward function prints must not end up among the JSON lines of the command line
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    // numbers that are none stay what they are
    serialization: 'advanced',
  });
  child.stdout?.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
  let task: CellTask | undefined;
  let over = false;
  const end = (fault?: OrpoError): void => {
    if (over) return;
    over = true;
    signal.removeEventListener('abort', onAbort);
    if (child.connected) child.disconnect();
    tell({ over: fault });
  };
  const send = (message: ToWorker): void => {
    // a process that ended meanwhile is heard of by its exit
    if (child.connected) child.send(message, () => {});
  };
  const onAbort = (): void => send({ type: 'abort' });
  const begin = (): void => {
    task = next();
    if (task === undefined) end();
    else send({ type: 'task', task });
  };
  signal.addEventListener('abort', onAbort);
  child.on('message', (message: FromWorker) => {
    if (message.type === 'event') tell({ event: message.event });
    else if (message.type === 'done') begin();
    else end(new OrpoError(message.code, message.message, message.hint));
  });
  child.on('error', (error) => end(lost(task, error.message)));
  child.on('exit', (code, by) => end(lost(task, by === null ? `code ${code}` : by)));
  begin();
  return child;
}

function lost(task: CellTask | undefined, how: string): OrpoError {
  return new OrpoError(
    'internal',
    `A worker ended (${how}) while it was at ${task?.name ?? 'nothing'}.`,
    'Perhaps memory ran out: write fewer workers into recipe.json and go on with orpo resume.',
  );
}
