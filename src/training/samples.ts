import type { Tree } from '../data/tree.js';
import { parseGenerateOptions } from '../generation/config.js';
import { type Responder, respond } from '../generation/respond.js';
import type { StopReason } from '../generation/stop.js';

/** What the model in training answers to a held-out prompt. */
export interface Sample {
  /** Number of the row in its data file. */
  readonly row: number;
  /** The prompt as the model reads it, without special tokens. */
  readonly prompt: string;
  readonly text: string;
  readonly stop: StopReason;
}

export interface SampleSettings {
  /** Prompts answered. */
  readonly samples: number;
  /** Most tokens of an answer. */
  readonly sampleTokens: number;
}

/**
 * Greedy answers to the first held-out prompts, each once, that the model has positions for, from the very tokens of their trunks.
 * No random number is drawn and no gradient taken: training goes on as if nothing had been asked.
 *
 * @throws OrpoError `numeric` when the model's scores are not finite
 */
export function takeSamples(loaded: Responder, heldOut: readonly Tree[], settings: SampleSettings): Sample[] {
  const { model, tokenizer } = loaded;
  const asked = distinctPrompts(heldOut, model.sizes.positions).slice(0, settings.samples);
  // a space after the prompt parts it from the answer and is no part of it
  const prompts = asked.map(({ trunk }) => ({ ids: trunk, continued: true, spaceBefore: true }));
  const responses = respond(loaded, prompts, parseGenerateOptions({ maxTokens: settings.sampleTokens }));
  return asked.map(({ trunk, origin }, i) => ({
    row: origin.row,
    prompt: tokenizer.decode([...trunk], { skipSpecialTokens: true }),
    text: responses[i]?.text ?? '',
    stop: responses[i]?.stop ?? 'length',
  }));
}

/** The first tree of each prompt: a row with several answers may have given several trees. */
function distinctPrompts(trees: readonly Tree[], positions: number): Tree[] {
  const seen = new Set<string>();
  return trees.filter(({ trunk }) => {
    const prompt = trunk.join();
    const wanted = trunk.length <= positions && !seen.has(prompt);
    if (wanted) seen.add(prompt);
    return wanted;
  });
}
