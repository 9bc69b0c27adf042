import { OrpoError } from '../errors.js';
import type { PromptSettings } from '../generation/encode-prompt.js';
import { renderPrompt } from '../text/render-conversation.js';

/** Stands for a judge's question where only its end matters. */
const PROBE = 'Which is better?';

/**
 * The token each label is when it comes right after a question: `1` or ` 1`, whichever the tokenizer keeps whole for all
 * of them.
 *
 * @throws OrpoError `tokenizer` when a label is no single token there, or two labels are the same one
 */
export function labelTokens(labels: readonly string[], settings: PromptSettings, model: string): number[] {
  const ids = singleTokens(labels, settings);
  if (ids !== undefined) return ids;
  throw new OrpoError(
    'tokenizer',
    `The tokenizer of ${model} has no single token for each of ${labels.join(', ')}, which a judge answers with.`,
    'Judge with a model whose tokenizer keeps digits whole, or through an endpoint.',
  );
}

/** As `labelTokens`; undefined when a label is no single token. */
export function singleTokens(labels: readonly string[], settings: PromptSettings): number[] | undefined {
  const { tokenizer } = settings;
  const question = questionText(PROBE, settings);
  const before = tokenizer.encode(question);
  for (const space of ['', ' ']) {
    const ids = labels.map((label) => {
      const whole = tokenizer.encode(question + space + label);
      const continues = whole.length === before.length + 1 && before.every((id, at) => whole[at] === id);
      return continues ? whole.at(-1) : undefined;
    });
    const found = ids.filter((id) => id !== undefined);
    if (found.length === labels.length && new Set(found).size === labels.length) return found;
  }
  return undefined;
}

/** A question as the model reads it: one user message, or text that an answer follows. */
export function questionText(question: string, { template }: PromptSettings): string {
  if (template !== undefined) return renderPrompt(template, [{ role: 'user', content: question }]);
  return `${question}\n\nAnswer:`;
}
