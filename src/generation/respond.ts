import type { CausalLM } from '../models/causal-lm.js';
import type { Tokenizer } from '../text/tokenizer.js';
import type { GenerateOptions } from './config.js';
import type { EncodedPrompt } from './encode-prompt.js';
import { type GenerateIdsOptions, generateIds } from './generate-ids.js';
import { ResponseText } from './response-text.js';
import type { StopReason } from './stop.js';

/** What turns a prompt's tokens into the text of an answer; a loaded model has it all. */
export interface Responder {
  readonly model: CausalLM;
  readonly tokenizer: Tokenizer;
  readonly endIds: readonly number[];
}

/** The response to one prompt. */
export interface Response {
  /** Without the end token or the text that ended it. */
  readonly text: string;
  readonly stop: StopReason;
  /** The tokens generated, an end token included. */
  readonly ids: Int32Array;
}

/** A response while its tokens come. */
interface Begun {
  readonly text: ResponseText;
  readonly ids: number[];
  stop: StopReason;
}

/**
 * Answers prompts that are tokens already, in their order.
 *
 * @throws OrpoError as `generateIds` does
 */
export function respond(
  { model, tokenizer, endIds }: Responder,
  prompts: readonly EncodedPrompt[],
  { stop: stopStrings, ...settings }: GenerateOptions & Pick<GenerateIdsOptions, 'streams'>,
): Response[] {
  const begun = prompts.map(
    (prompt): Begun => ({ text: responseText(tokenizer, prompt, stopStrings), ids: [], stop: 'length' }),
  );
  const stopsAfter = (row: number, id: number): boolean => {
    const text = begun[row]?.text;
    text?.push(id);
    return text?.stopped === true;
  };
  const ids = prompts.map((prompt) => prompt.ids);
  for (const { row, id, stop } of generateIds(model, ids, { ...settings, endIds, stopsAfter })) {
    const response = begun[row];
    response?.ids.push(id);
    if (response !== undefined && stop !== undefined) response.stop = stop;
  }
  return begun.map(({ text, stop, ids: made }) => {
    text.finish();
    return { text: text.text, stop, ids: Int32Array.from(made) };
  });
}

/** A response as an answer by itself: without the space about it, but for one that parts it from the text it goes on. */
export function answerText({ continued, spaceBefore }: EncodedPrompt, text: string): string {
  return continued && !spaceBefore ? text.trimEnd() : text.trim();
}

/** The text of the response to `prompt` while its tokens come. */
export function responseText(tokenizer: Tokenizer, prompt: EncodedPrompt, stop: readonly string[]): ResponseText {
  return new ResponseText(tokenizer, {
    before: prompt.continued ? prompt.ids : [],
    dropLeadingSpace: prompt.spaceBefore,
    stop,
  });
}
