import type { Tokenizer } from './tokenizer.js';

export interface SplitIds {
  readonly prompt: number[];
  readonly response: number[];
}

export interface EncodeSplitOptions {
  /** Put the tokenizer's own leading special tokens (BOS) before the prompt. Default false: chat templates write theirs. */
  readonly addSpecialTokens?: boolean;
  /** Ids of the prompt, where it has been encoded before. */
  readonly promptIds?: number[] | undefined;
}

/** Text that stands before a response encoded by itself, where the tokenizer puts a space before every text. */
const ANCHOR = '\n';

/**
 * The ids of a prompt and of a response that follows it. The prompt's ids never depend on the response, so that all
 * responses to a prompt share one trunk. Where the encoding of the whole text begins with the prompt's, the rest of it is
 * the response; where a merge crosses the seam, the response is encoded by itself.
 */
export function encodeSplit(
  tokenizer: Tokenizer,
  promptText: string,
  responseText: string,
  { addSpecialTokens = false, promptIds }: EncodeSplitOptions = {},
): SplitIds {
  const prompt = promptIds ?? tokenizer.encode(promptText);
  const joint = tokenizer.encode(promptText + responseText);
  const response = startsWith(joint, prompt) ? joint.slice(prompt.length) : encodeAlone(tokenizer, responseText);
  return { prompt: addSpecialTokens ? [...leadingIds(tokenizer), ...prompt] : prompt, response };
}

/** The special tokens (BOS, usually) that the tokenizer puts before a text when it is asked to. */
export function leadingIds(tokenizer: Tokenizer): number[] {
  const bare = tokenizer.encode('a');
  const dressed = tokenizer.encode('a', { addSpecialTokens: true });
  for (let at = 0; at + bare.length <= dressed.length; at++) {
    if (startsWith(dressed.slice(at), bare)) return dressed.slice(0, at);
  }
  return [];
}

/** Encodes a text that follows another one, without the space that SentencePiece tokenizers put before a text. */
function encodeAlone(tokenizer: Tokenizer, text: string): number[] {
  const ids = tokenizer.encode(text);
  const [first] = tokenizer.encode('a');
  const spaced = first !== undefined && tokenizer.tokenText(first)?.startsWith('▁') === true;
  if (!spaced) return ids;
  const anchor = tokenizer.encode(ANCHOR);
  const anchored = tokenizer.encode(ANCHOR + text);
  return startsWith(anchored, anchor) ? anchored.slice(anchor.length) : ids;
}

function startsWith(ids: readonly number[], prefix: readonly number[]): boolean {
  return prefix.length <= ids.length && prefix.every((id, i) => ids[i] === id);
}
