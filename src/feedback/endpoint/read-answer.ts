import { type ErrorCode, OrpoError } from '../../errors.js';
import { printable } from '../../text/format.js';
import { LONGEST_ASKED, retryAfter } from './back-off.js';
import { type Completion, readCompletion } from './completion.js';

/** One try: an answer, or why there is none and whether to ask again, after how many seconds if the server says it. */
export type Try =
  | Completion
  | { readonly failure: string; readonly again: boolean; readonly asked?: number | undefined };

/** What errors name. */
export interface AskedOf {
  readonly address: string;
  readonly model: string;
  /** The environment variable that holds the key. */
  readonly keyVariable: string | undefined;
}

const LATER = 'What was judged so far is kept: run the same command again later.';

/**
 * Reads an HTTP answer, its body without the key. 408, 425, 429 and 5xx may be asked again, other refusals are the
 * request's own.
 *
 * @throws OrpoError `config` for what only other settings mend (401, 403, 404, 405, a redirect), `network` where it is
 * better to come back later (402, a wait of more than ten minutes)
 */
export function readAnswer({ status, headers }: Pick<Response, 'status' | 'headers'>, text: string, of: AskedOf): Try {
  const stop = (code: ErrorCode, what: string, hint: string): OrpoError =>
    new OrpoError(code, `${of.address} answered ${status}: ${what}.`, hint);
  if (status >= 200 && status < 300) {
    const completion = readCompletion(text);
    return 'failure' in completion ? { ...completion, again: false } : completion;
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const asked = retryAfter(headers.get('retry-after'), Date.now());
    if (asked !== undefined && asked > LONGEST_ASKED) throw stop('network', `it asks to wait ${asked} s`, LATER);
    return { failure: `the endpoint answered ${status}`, again: true, asked };
  }
  switch (status) {
    case 401:
      throw stop('config', 'the key is missing or wrong', keyHint(of));
    case 403:
      throw stop('config', 'the key may not do this', keyHint(of));
    case 402:
      throw stop('network', 'payment is needed', LATER);
    case 404:
    case 405:
      throw stop('config', `it knows no ${of.model} there`, 'Check the model and judge.url, which often ends in /v1.');
  }
  if (status < 400) throw stop('config', 'it points to another address', 'Give that address as judge.url.');
  const said = short(errorText(text));
  return { failure: `the endpoint answered ${status}${said === '' ? '' : ` (${said})`}`, again: false };
}

/** A text from elsewhere as a part of a sentence. */
export function short(text: string): string {
  const shown = printable(text).replace(/\s+/g, ' ').trim();
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}

function keyHint({ keyVariable }: AskedOf): string {
  if (keyVariable !== undefined) return `Put a valid key into the environment variable ${keyVariable}.`;
  return 'Set judge.key to the name of the environment variable that holds the key, such as OPENAI_API_KEY.';
}

/** What a body of an error says, without markup. */
function errorText(text: string): string {
  if (/^\s*</.test(text)) return '';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof value !== 'object' || value === null || !('error' in value)) return '';
  const { error } = value;
  if (typeof error === 'string') return error;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}
