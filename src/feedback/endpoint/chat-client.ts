import { setTimeout as sleep } from 'node:timers/promises';
import { OrpoError, reasonOf } from '../../errors.js';
import type { Message } from '../../text/chat-template.js';
import { printable } from '../../text/format.js';
import { AnswerCache } from './answer-cache.js';
import { LONGEST_ASKED, retryAfter, waitBefore } from './back-off.js';
import { type Completion, readCompletion } from './completion.js';
import { Gate } from './gate.js';

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

type Try = Completion | { readonly failure: string; readonly again: boolean; readonly asked?: number | undefined };

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
      return this.#judgeAnswer(response, this.#withoutKey(await response.text()));
    } catch (error) {
      if (error instanceof OrpoError) throw error;
      signal?.throwIfAborted();
      if (limit.aborted) return { failure: `no answer came within ${this.#options.timeout} s`, again: true };
      return { failure: `the connection failed (${short(this.#withoutKey(causeOf(error)))})`, again: true };
    }
  }

  #judgeAnswer(response: Response, text: string): Try {
    const { status } = response;
    if (status >= 200 && status < 300) {
      const completion = readCompletion(text);
      return 'failure' in completion ? { ...completion, again: false } : completion;
    }
    if (status === 408 || status === 425 || status === 429 || status >= 500) {
      const asked = retryAfter(response.headers.get('retry-after'), Date.now());
      if (asked !== undefined && asked > LONGEST_ASKED) throw this.#fatal(status, `and asks to wait ${asked} s`, LATER);
      return { failure: `the endpoint answered ${status}`, again: true, asked };
    }
    if (status === 401 || status === 403) throw this.#fatal(status, refusal(status), this.#keyHint());
    if (status === 402) throw this.#fatal(status, 'payment is needed', LATER);
    if (status === 404 || status === 405) {
      throw this.#fatal(
        status,
        `it knows no ${this.#options.model} there`,
        'Check judge.url, which ends in /v1 as a rule, and the model.',
      );
    }
    if (status >= 300 && status < 400) {
      throw this.#fatal(status, 'it points to another address', 'Give that address as judge.url.');
    }
    const said = short(errorText(text));
    return { failure: `the endpoint answered ${status}${said === '' ? '' : ` (${said})`}`, again: false };
  }

  #fatal(status: number, what: string, hint: string): OrpoError {
    return new OrpoError('network', `${this.#address} answered ${status}: ${what}.`, hint);
  }

  #keyHint(): string {
    const { keyVariable } = this.#options;
    if (keyVariable !== undefined) return `Put a valid key into the environment variable ${keyVariable}.`;
    return 'Set judge.key to the name of the environment variable that holds the key, such as OPENAI_API_KEY.';
  }

  /** A server may repeat what it was sent. */
  #withoutKey(text: string): string {
    return this.#key === undefined ? text : text.replaceAll(this.#key, '…');
  }
}

const LATER = 'What was judged so far is kept: run the same command again later.';

function refusal(status: number): string {
  return status === 401 ? 'the key is missing or wrong' : 'the key may not do this';
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

/** What a body of an error says, without markup. */
function errorText(text: string): string {
  if (/^\s*</.test(text)) return '';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'error' in value) {
      const { error } = value;
      if (typeof error === 'string') return error;
      if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
    }
    return '';
  } catch {
    return text.trim();
  }
}

/** A text from elsewhere as a part of a sentence. */
function short(text: string): string {
  const shown = printable(text).replace(/\s+/g, ' ');
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}

/** What fetch hides in the cause of its errors. */
function causeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code : reasonOf(inner);
}
