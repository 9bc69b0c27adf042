import type { ChatTemplate } from './chat-template.js';
import { PROBE } from './render-conversation.js';
import { templateError } from './template-limits.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * What a template writes after an assistant's content, e.g. `<|im_end|>\n`; found by rendering a probe conversation.
 * Errors: `OrpoError('template')` when the template does not write the content as it stands.
 */
export function endOfTurn(template: ChatTemplate): string {
  const text = template.render(
    [
      { role: 'user', content: 'question' },
      { role: 'assistant', content: PROBE },
    ],
    { addGenerationPrompt: false },
  );
  const at = text.lastIndexOf(PROBE);
  if (at === -1) throw templateError("The chat template leaves out the assistant's message.");
  return text.slice(at + PROBE.length);
}

/** The token ids of `endOfTurn`: what a template puts after a response. */
export function endOfTurnIds(tokenizer: Tokenizer, template: ChatTemplate): number[] {
  return tokenizer.encode(endOfTurn(template));
}

/**
 * The ids at which generation stops: EOS, and the first special token that the template puts after a response.
 * A template-less model stops at EOS alone.
 */
export function stopIds(tokenizer: Tokenizer, template: ChatTemplate | undefined): ReadonlySet<number> {
  const special = tokenizer.specialIds();
  const stop = template && endOfTurnIds(tokenizer, template).find((id) => special.has(id));
  return new Set([tokenizer.eos, stop].filter((id) => id !== undefined));
}

/**
 * Closes the ids of a response for training: the template's own end stands for itself, and EOS is appended only where
 * neither EOS nor that end is there. Without a template that ends turns with a special token, EOS ends the response.
 * Returns the ids unchanged when the tokenizer has no EOS.
 */
export function closeResponse(
  tokenizer: Tokenizer,
  template: ChatTemplate | undefined,
  ids: readonly number[],
): number[] {
  const { eos } = tokenizer;
  const end = template === undefined ? [] : endOfTurnIds(tokenizer, template);
  const special = tokenizer.specialIds();
  const ended = end.some((id) => special.has(id)) && end.every((id, i) => ids.at(i - end.length) === id);
  return ended || eos === undefined || ids.at(-1) === eos ? [...ids] : [...ids, eos];
}
