import type { Message } from '../text/chat-template.js';

const SPEAKER = /(?:^|\n\n)(Human|Assistant):/;

/**
 * The messages of a dialogue written as text, `\n\nHuman: …\n\nAssistant: …` (the form of HH-RLHF), or undefined when
 * the text is none. White space around a turn is dropped; consecutive turns of one speaker become one.
 */
export function dialogueMessages(text: string): Message[] | undefined {
  const trimmed = text.trimStart();
  const pieces = trimmed.split(SPEAKER);
  if (pieces.length < 5 || pieces[0] !== '' || pieces[1] !== 'Human') return undefined;
  const messages: Message[] = [];
  for (let i = 1; i < pieces.length; i += 2) {
    const role = pieces[i] === 'Human' ? 'user' : 'assistant';
    const content = (pieces[i + 1] ?? '').trim();
    const last = messages.at(-1);
    if (last?.role === role) messages[messages.length - 1] = { role, content: `${last.content}\n\n${content}` };
    else messages.push({ role, content });
  }
  return messages;
}

/**
 * A conversation as plain text for models without a chat template, in the same form: the prompt ends with
 * `Assistant:`, the response begins with a space. System and other messages stand as paragraphs of their own.
 */
export function renderDialogue(
  prompt: readonly Message[],
  response: readonly Message[],
): { prompt: string; response: string } {
  const turns = prompt.map(({ role, content }) => `\n\n${speakerOf(role)}${content}`).join('');
  return { prompt: `${turns}\n\nAssistant:`, response: ` ${response.map(({ content }) => content).join('\n\n')}` };
}

function speakerOf(role: string): string {
  if (role === 'user') return 'Human: ';
  return role === 'assistant' ? 'Assistant: ' : '';
}
