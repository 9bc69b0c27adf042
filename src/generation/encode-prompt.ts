import { renderDialogue } from '../data/dialogue.js';
import { isMessages, type Side } from '../data/records.js';
import { renderStyle } from '../data/render.js';
import { OrpoError } from '../errors.js';
import type { ChatTemplate } from '../text/chat-template.js';
import { renderPrompt } from '../text/render-conversation.js';
import type { Tokenizer } from '../text/tokenizer.js';

/** What a prompt is encoded with; a loaded model has it all. */
export interface PromptSettings {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
  /** Whether plain text begins with BOS. */
  readonly bos: boolean;
}

export interface EncodedPrompt {
  readonly ids: Int32Array;
  /** Whether the response goes on the same text, so that it is decoded with the prompt before it. */
  readonly continued: boolean;
  /** Whether the response begins with a space that only parts it from the markup before. */
  readonly spaceBefore: boolean;
}

/**
 * A prompt as the model reads it, in the form training gives it: the model's chat template, plain text being one
 * user message; without one, text as it stands and messages as a dialogue, after BOS where the tokenizer asks for it.
 *
 * @throws OrpoError `template` when the template refuses the messages, `data` when there is nothing to begin with.
 */
export function encodePrompt(prompt: Side, settings: PromptSettings): EncodedPrompt {
  const { tokenizer, template, bos } = settings;
  if (isMessages(prompt) && prompt.length === 0)
    throw new OrpoError('data', 'A prompt holds no message.', 'Give each prompt at least one message.');
  const style = renderStyle(prompt, settings);
  if (style === 'chat' && template !== undefined) {
    const messages = isMessages(prompt) ? prompt : [{ role: 'user', content: prompt }];
    const continued = messages.at(-1)?.role === 'assistant';
    const ids = Int32Array.from(tokenizer.encode(renderPrompt(template, messages)));
    return { ids, continued, spaceBefore: false };
  }
  const text = isMessages(prompt) ? renderDialogue(prompt, []).prompt : prompt;
  const ids = tokenizer.encode(text);
  // an empty prompt is BOS, or EOS, which parts texts in pretraining
  const first = bos || ids.length === 0 ? (tokenizer.bos ?? (ids.length === 0 ? tokenizer.eos : undefined)) : undefined;
  if (first !== undefined && ids[0] !== first) ids.unshift(first);
  if (ids.length === 0)
    throw new OrpoError('data', 'A prompt is empty and the tokenizer has no token to begin with.', 'Give some text.');
  return { ids: Int32Array.from(ids), continued: true, spaceBefore: isMessages(prompt) };
}
