import type { Side } from '../data/records.js';
import type { CausalLM } from '../models/causal-lm.js';
import { type GenerateOptionsInput, parseGenerateOptions } from './config.js';
import { type EncodedPrompt, encodePrompt, type PromptSettings } from './encode-prompt.js';
import { generateIds } from './generate-ids.js';
import { ResponseText } from './response-text.js';
import type { StopReason } from './stop.js';

/** A model with what turns text into its tokens and back; a loaded model is one. */
export interface TextModel extends PromptSettings {
  readonly model: CausalLM;
  readonly endIds: readonly number[];
}

/** A response to one prompt. */
export interface GeneratedOutput {
  readonly prompt: Side;
  /** Without the end token or the text that ended it. */
  readonly text: string;
  /** Tokens generated, an end token included. */
  readonly tokens: number;
  readonly stop: StopReason;
  /** The tokens themselves. */
  readonly ids: Int32Array;
}

interface Response {
  readonly prompt: Side;
  readonly text: ResponseText;
  readonly ids: number[];
  stop: StopReason;
}

/**
 * Answers texts or conversations, in their order. A model with a chat template gets it applied, plain text being one
 * user message; one without continues the text.
 *
 * @throws OrpoError as `encodePrompt` and `generateIds` do
 */
export function generate(
  loaded: TextModel,
  prompts: readonly Side[],
  options: GenerateOptionsInput = {},
): GeneratedOutput[] {
  const { stop: stopStrings, ...settings } = parseGenerateOptions(options);
  const encoded = prompts.map((prompt) => encodePrompt(prompt, loaded));
  const responses = encoded.map(
    (prompt, row): Response => ({
      prompt: prompts[row] ?? '',
      text: responseText(loaded, prompt, stopStrings),
      ids: [],
      stop: 'length',
    }),
  );
  const stopsAfter = (row: number, id: number): boolean => {
    const text = responses[row]?.text;
    text?.push(id);
    return text?.stopped === true;
  };
  const ids = encoded.map((prompt) => prompt.ids);
  for (const { row, id, stop } of generateIds(loaded.model, ids, { ...settings, endIds: loaded.endIds, stopsAfter })) {
    const response = responses[row];
    response?.ids.push(id);
    if (response !== undefined && stop !== undefined) response.stop = stop;
  }
  return responses.map(({ prompt, text, ids: made, stop }) => {
    text.finish();
    return { prompt, text: text.text, tokens: made.length, stop, ids: Int32Array.from(made) };
  });
}

/**
 * The text of one response in pieces, each as soon as its tokens are there and never a part of a character. Together
 * they are the `text` that `generate` returns.
 */
export function* streamText(
  loaded: TextModel,
  prompt: Side,
  options: GenerateOptionsInput = {},
): Generator<string, void, undefined> {
  const { stop, ...settings } = parseGenerateOptions(options);
  const encoded = encodePrompt(prompt, loaded);
  const text = responseText(loaded, encoded, stop);
  let piece = '';
  const stopsAfter = (_row: number, id: number): boolean => {
    piece = text.push(id);
    return text.stopped;
  };
  const tokens = generateIds(loaded.model, [encoded.ids], { ...settings, endIds: loaded.endIds, stopsAfter });
  for (const _ of tokens) {
    if (piece !== '') yield piece;
    piece = '';
  }
  const rest = text.finish();
  if (rest !== '') yield rest;
}

function responseText(loaded: TextModel, prompt: EncodedPrompt, stop: readonly string[]): ResponseText {
  return new ResponseText(loaded.tokenizer, {
    before: prompt.continued ? prompt.ids : [],
    dropLeadingSpace: prompt.spaceBefore,
    stop,
  });
}
