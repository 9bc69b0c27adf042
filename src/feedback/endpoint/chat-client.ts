import { setTimeout as sleep } from 'node:timers/promises';
import { OrpoError, reasonOf } from '../../errors.js';
import type { Message } from '../../text/chat-template.js';
import { AnswerCache } from './answer-cache.js';
import { waitBefore } from './back-off.js';
import type { Completion } from './completion.js';
import { Gate } from './gate.js';
import { readAnswer, short, type Try } from './read-answer.js';

export interface ChatClientOptions {
  /** Base URL, such as http://localhost:8000/v1. */
  readonly url: string;
  readonly model: string;
  /** Fields of every request beside model and messages; those that are null are left out. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The environment variable that holds the key; no key is sent without one. */
  readonly keyVariable: string | undefined;
  readonly concurrency: number;
  /** Tries after the first. */
  readonly retries: number;
  /** Seconds until a try is given up. */
  readonly timeout: number;
  /** Seconds before the second try; doubled from then on. */
  readonly firstWait?: number;
  /** Folder of answers; undefined keeps none. */
  readonly cache: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** What a client did so far. */
export interface ClientCounts {
  /** HTTP requests sent, tries included. */
  requests: number;
  retries: number;
  /** Answers that were there already. */
  cached: number;
  /** Tokens of the answers that were not. */
  input: number;
  output: number;
}

/**
 * Asks an OpenAI-compatible chat endpoint. Time-outs, broken connections, 408, 425, 429 and 5xx are tried again; an answer that is
 * none is a failure of its request; what would befall every request (401, 403, 404, a redirect) is thrown. The key is read
 * from the environment and goes nowhere but into the request's header.
 */
export class ChatClient {
  readonly counts: ClientCounts = { requests: 0, retries: 0, cached: 0, input: 0, output: 0 };
  readonly #options: ChatClientOptions;
  readonly #address: string;
  readonly #key: string | undefined;
  readonly #gate: Gate;
  readonly #cache: AnswerCache | undefined;
  readonly #asked = new Map<string, Promise<Completion | { readonly failure: string }>>();
  /** No request begins before this moment (milliseconds): a server that asks one to wait means all. */
  #quietUntil = 0;

  /** @throws OrpoError `config` when the environment variable of the key is not set */
  constructor(options: ChatClientOptions) {
    this.#options = options;
    this.#address = `${options.url.replace(/\/+$/, '')}/chat/completions`;
    this.#key = keyIn(options.keyVariable, options.env ?? process.env);
    this.#gate = new Gate(options.concurrency);
    this.#cache = options.cache === undefined ? undefined : new AnswerCache(options.cache);
  }

  /** The answer to a conversation. The same question asked twice at a time is sent once. */
  ask(
    messages: readonly Message[],
    more: Readonly<Record<string, unknown>> = {},
    signal?: AbortSignal,
  ): Promise<Completion | { readonly failure: string }> {
    const fields = Object.entries({ ...more, ...this.#options.parameters }).filter(([, value]) => value !== null);
    const body = JSON.stringify({ model: this.#options.model, messages, ...Object.fromEntries(fields) });
    const key = AnswerCache.keyOf(this.#address, body);
    const pending = this.#asked.get(key);
    if (pending !== undefined) return pending;
    const asked = this.#askOnce(key, body, signal).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #askOnce(
    key: string,
    body: string,
    signal: AbortSignal | undefined,
  ): Promise<Completion | { readonly failure: string }> {
    const known = this.#cache?.get(key);
    if (known !== undefined) {
      this.counts.cached++;
      return known;
    }
    return await this.#gate.run(async () => {
      const answer = await this.#tryUntilAnswered(body, signal);
      if ('failure' in answer) return answer;
      this.counts.input += answer.tokens.input;
      this.counts.output += answer.tokens.output;
      this.#cache?.put(key, answer);
      return answer;
    });
  }

  async #tryUntilAnswered(body: string, signal: AbortSignal | undefined): Promise<Completion | { failure: string }> {
    const { retries, firstWait = 0.5 } = this.#options;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const quiet = this.#quietUntil - Date.now();
      if (quiet > 0) await sleep(quiet, undefined, { signal });
      const outcome = await this.#try(body, signal);
      if (!('failure' in outcome)) return outcome;
      if (!outcome.again) return { failure: outcome.failure };
      if (attempt > retries) return { failure: `${outcome.failure}, ${attempt} times` };
      this.counts.retries++;
      const wait = waitBefore(attempt, firstWait, outcome.asked, Math.random());
      if (outcome.asked !== undefined) this.#quietUntil = Math.max(this.#quietUntil, Date.now() + wait * 1000);
      else await sleep(wait * 1000, undefined, { signal });
    }
  }

  async #try(body: string, signal: AbortSignal | undefined): Promise<Try> {
    const limit = AbortSignal.timeout(this.#options.timeout * 1000);
    this.counts.requests++;
    try {
      const response = await fetch(this.#address, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
        },
        body,
        redirect: 'manual',
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      return readAnswer(response, this.#withoutKey(await response.text()), {
        ...this.#options,
        address: this.#address,
      });
    } catch (error) {
      if (error instanceof OrpoError) throw error;
      signal?.throwIfAborted();
      if (limit.aborted) return { failure: `no answer came within ${this.#options.timeout} s`, again: true };
      return { failure: `the connection failed (${short(this.#withoutKey(causeOf(error)))})`, again: true };
    }
  }

  /** A server may repeat what it was sent. */
  #withoutKey(text: string): string {
    return this.#key === undefined ? text : text.replaceAll(this.#key, '…');
  }
}

function keyIn(variable: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (variable === undefined) return undefined;
  const key = env[variable]?.trim();
  if (key !== undefined && /^[\x21-\x7e]+$/.test(key)) return key;
  throw new OrpoError(
    'config',
    `The environment variable ${variable}, named by judge.key, ${key ? 'holds no key' : 'is not set'}.`,
    `Set it before the command: ${variable}=… orpo judge …`,
  );
}

/** What fetch hides in the cause of its errors. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code : reasonOf(inner);
}
