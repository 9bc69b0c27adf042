import { isMessages, type Side } from '../data/records.js';
import { render } from '../data/render.js';
import { RowProblem } from '../data/sources/source-row.js';
import { OrpoError } from '../errors.js';
import type { ChatTemplate } from '../text/chat-template.js';
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
  if (isMessages(prompt) && prompt.length === 0)
    throw new OrpoError('data', 'A prompt holds no message.', 'Give each prompt at least one message.');
  const { style, trunk } = asPrompt(() => render(prompt, [], settings));
  if (trunk.length === 0)
    throw new OrpoError('data', 'A prompt is empty and the tokenizer has no token to begin with.', 'Give some text.');
  const ids = Int32Array.from(trunk);
  if (style !== 'chat') return { ids, continued: true, spaceBefore: isMessages(prompt) };
  return { ids, continued: isMessages(prompt) && prompt.at(-1)?.role === 'assistant', spaceBefore: false };
}

function asPrompt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RowProblem) throw new OrpoError('template', error.message, error.hint);
    throw error;
  }
}
