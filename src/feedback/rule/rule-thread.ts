import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Side } from '../../data/records.js';
import { OrpoError, reasonOf } from '../../errors.js';

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), batched: z.boolean() }),
  z.object({ kind: z.literal('broken'), reason: z.string() }),
  z.object({ kind: z.literal('values'), values: z.array(z.union([z.number(), z.string()])) }),
  z.object({ kind: z.literal('threw'), reason: z.string() }),
]);

type Message = z.infer<typeof message>;

/** What a call gave: a number or the name of what was returned instead, or why there is nothing. */
export type RuleAnswer = { readonly values: readonly (number | string)[] } | { readonly failure: string };

/** A user's rule in a thread that can be ended. */
export class RuleThread {
  readonly path: string;
  /** The rule takes lists of prompts and responses and returns a list. */
  readonly batched: boolean;
  readonly #worker: Worker;
  #ended = false;

  private constructor(path: string, worker: Worker, batched: boolean) {
    this.path = path;
    this.batched = batched;
    this.#worker = worker;
    worker.on('exit', () => {
      this.#ended = true;
    });
  }

  /**
   * Starts a thread and imports the module there.
   *
   * @throws OrpoError `config` when it cannot be imported, takes longer than both `seconds` and half a minute, or has no
   * function as default
   */
  static async start(path: string, seconds: number): Promise<RuleThread> {
    const worker = new Worker(new URL('./rule-worker.mjs', import.meta.url), {
      workerData: { url: pathToFileURL(resolve(path)).href },
      // what a rule prints must not end up among the JSON lines of the command line
      stdout: true,
    });
    // what goes wrong between two calls ends the thread, and must not end the process
    worker.on('error', () => {});
    worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
    // a thread may start slowly where calls are quick
    const patience = Math.max(seconds, 30);
    const first = await nextMessage(worker, patience, () => {});
    if (typeof first === 'object' && first.kind === 'ready') return new RuleThread(path, worker, first.batched);
    await worker.terminate();
    throw importFault(path, first ?? `it is not done after ${patience} s`);
  }

  /** Whether the thread was ended, by a call that took too long or by the rule itself. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Calls the rule; one that takes longer than `seconds` ends the thread. One call at a time. */
  async call(prompts: readonly Side[], responses: readonly string[], seconds: number): Promise<RuleAnswer> {
    const reply = await nextMessage(this.#worker, seconds, () => this.#worker.postMessage({ prompts, responses }));
    if (reply === undefined) {
      await this.end();
      return { failure: `the rule ${this.path} gave no answer within ${seconds} s` };
    }
    if (typeof reply === 'string') {
      await this.end();
      return { failure: `the rule ${this.path} ended its thread: ${reply}` };
    }
    if (reply.kind === 'values') return { values: reply.values };
    return { failure: `the rule ${this.path} threw ${reply.kind === 'ready' ? '' : reply.reason}` };
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#worker.terminate();
  }
}

/** The next message of a thread, a text when it ended instead, undefined when nothing came in time. */
function nextMessage(worker: Worker, seconds: number, begin: () => void): Promise<Message | string | undefined> {
  return new Promise((settle) => {
    const finish = (outcome: Message | string | undefined): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      settle(outcome);
    };
    const onMessage = (value: unknown): void => {
      const parsed = message.safeParse(value);
      finish(parsed.success ? parsed.data : 'it sent something that is no answer');
    };
    const onError = (error: unknown): void => finish(reasonOf(error));
    const onExit = (code: number): void => finish(`it left with code ${code}`);
    const timer = setTimeout(() => finish(undefined), seconds * 1000);
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    begin();
  });
}

function importFault(path: string, fault: Message | string): OrpoError {
  if (typeof fault === 'string') {
    return new OrpoError('config', `The rule ${path} cannot be imported: ${fault}.`, 'Run the file with node.');
  }
  if (fault.kind === 'broken' && fault.reason === 'no function') {
    return new OrpoError(
      'config',
      `The rule ${path} has no function as its default export.`,
      'Write: export default (prompt, response) => response.length;',
    );
  }
  const reason = fault.kind === 'broken' ? fault.reason.replace(/\.$/, '') : fault.kind;
  return new OrpoError('config', `The rule ${path} cannot be imported: ${reason}.`, 'Run the file with node.');
}
