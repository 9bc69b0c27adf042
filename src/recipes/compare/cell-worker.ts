import { OrpoError, reasonOf } from '../../errors.js';
import { yieldToComputation } from '../../torch/engine/thread-priority.js';
import { type CellTask, runCell } from './run-cell.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

/**
 * The process of a worker: does one task after another as it is told, and ends with whoever started it. Signals of the
 * terminal are the parent's to answer.
 */
yieldToComputation();
const abort = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  if (message.type === 'abort') abort.abort();
  else void perform(message.task);
});

async function perform(task: CellTask): Promise<void> {
  try {
    for await (const event of runCell(task, { signal: abort.signal })) await tell({ type: 'event', event });
    await tell({ type: 'done' });
  } catch (error) {
    if (abort.signal.aborted && !(error instanceof OrpoError)) await tell({ type: 'done' });
    else if (error instanceof OrpoError) {
      const { code, message, hint } = error;
      await tell({ type: 'failed', code, message, hint });
    } else await tell({ type: 'failed', code: 'internal', message: reasonOf(error), hint: 'Please report this.' });
  }
}

/** Returns once it is on its way, and the event loop has turned: messages of the parent are seen only then. */
async function tell(message: FromWorker): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined) process.exit();
    process.send(message, undefined, undefined, () => resolve());
  });
}
