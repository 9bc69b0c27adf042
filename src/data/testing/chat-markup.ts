import type { ChatTemplate } from '../../text/chat-template.js';

/** The ChatML form of conversations, as a template: each turn between `<|im_start|>role` and `<|im_end|>`. */
export const chatMarkup: ChatTemplate = {
  render: (messages, { addGenerationPrompt }) => {
    const turns = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
    return `${turns.join('')}${addGenerationPrompt ? '<|im_start|>assistant\n' : ''}`;
  },
};
