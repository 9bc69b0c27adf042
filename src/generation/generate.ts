import type { Side } from '../data/records.js';
import { type GenerateOptionsInput, parseGenerateOptions } from './config.js';
import { encodePrompt, type PromptSettings } from './encode-prompt.js';
import { generateIds } from './generate-ids.js';
import { type Responder, type Response, respond, responseText } from './respond.js';

/** A model with what turns text into its tokens and back; a loaded model is one. */
export interface TextModel extends PromptSettings, Responder {}

/** A response with the prompt it answers. */
export interface GeneratedOutput extends Response {
  readonly prompt: Side;
  /** Tokens generated, an end token included. */
  readonly tokens: number;
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
  const encoded = prompts.map((prompt) => encodePrompt(prompt, loaded));
  return respond(loaded, encoded, parseGenerateOptions(options)).map((response, row) => ({
    prompt: prompts[row] ?? '',
    tokens: response.ids.length,
    ...response,
  }));
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
  const text = responseText(loaded.tokenizer, encoded, stop);
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
