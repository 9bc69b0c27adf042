import type { ChatTemplate, Message } from './chat-template.js';
import { templateError } from './template-limits.js';

/** Words no template writes by itself and none changes by trimming. */
export const PROBE = 'orpoprobe';

/** A conversation as text, cut where the model's own part begins. */
export interface SplitText {
  readonly prompt: string;
  readonly response: string;
}

/**
 * Renders a prompt and a response to it. The prompt is rendered with the generation prompt, the response is what the whole
 * conversation adds to that. A prompt whose last message is the assistant's is continued: the first message of the
 * response is appended to it.
 *
 * Some templates write something into the generation prompt that the finished conversation lacks (an opening
 * `<think>`, say). Then the prompt ends where the two renders part, but never after the response's content begins, and
 * only if that is at or after the end of the prompt's own content.
 *
 * Errors: `OrpoError('template')` when there is no response or the template leaves responses out, when a continued prompt is not answered by the assistant, or
 * when the template rewrites the prompt once a response follows.
 */
export function splitRender(
  template: ChatTemplate,
  prompt: readonly Message[],
  response: readonly Message[],
): SplitText {
  return promptSplitter(template, prompt)(response);
}

/** `splitRender` for several responses to one prompt, which is rendered by itself once. */
export function promptSplitter(
  template: ChatTemplate,
  prompt: readonly Message[],
): (response: readonly Message[]) => SplitText {
  let rendered: string | undefined;
  const open = (): string => {
    rendered ??= prompt.length === 0 ? '' : renderPrompt(template, prompt);
    return rendered;
  };
  return (response) => {
    const [answer] = response;
    if (answer === undefined) {
      throw templateError('The response holds no message.', 'Give each response at least one assistant message.');
    }
    const last = prompt.at(-1);
    return last?.role === 'assistant'
      ? splitContinued(template, prompt, last, response, answer, open)
      : splitAnswer(template, prompt, response, answer, open());
  };
}

function splitAnswer(
  template: ChatTemplate,
  prompt: readonly Message[],
  response: readonly Message[],
  answer: Message,
  open: string,
): SplitText {
  const whole = template.render([...prompt, ...response], { addGenerationPrompt: false });
  if (!whole.includes(answer.content.trim())) refuseLeftOut(template, prompt, answer);
  if (whole.startsWith(open)) return cut(whole, open.length);

  const common = commonPrefixLength(open, whole);
  if (common < endOfPromptContent(template, prompt, open)) {
    throw templateError(
      'The chat template changes the prompt when a response follows it, so the two cannot be told apart.',
      'Some templates move the system message: put its text into the first user message, or give texts instead of messages.',
    );
  }
  return cut(whole, Math.min(common, startOfAnswer(template, prompt, response, whole)));
}

/** A template may drop a part of an answer (its thoughts), but one that drops any answer leaves nothing to learn from. */
function refuseLeftOut(template: ChatTemplate, prompt: readonly Message[], answer: Message): void {
  const probe = template.render([...prompt, { ...answer, content: PROBE }], { addGenerationPrompt: false });
  if (probe.includes(PROBE)) return;
  throw templateError(
    `The chat template leaves out the content of the role "${answer.role}".`,
    'Use a template for plain text messages: those of vision models often take lists of parts.',
  );
}

/** Where the last prompt message's content ends in the rendered prompt; found by rendering other content in its place. */
function endOfPromptContent(template: ChatTemplate, prompt: readonly Message[], open: string): number {
  const last = prompt.at(-1);
  if (last === undefined) return 0;
  const probe = template.render([...prompt.slice(0, -1), { ...last, content: PROBE }], { addGenerationPrompt: true });
  const tail = probe.slice(probe.lastIndexOf(PROBE) + PROBE.length);
  return probe.includes(PROBE) && open.endsWith(tail) ? open.length - tail.length : open.length;
}

/** Where the response's content begins in the rendered conversation, found likewise; its end when that cannot be told. */
function startOfAnswer(
  template: ChatTemplate,
  prompt: readonly Message[],
  [answer, ...rest]: readonly Message[],
  whole: string,
): number {
  const probed: Message = { role: answer?.role ?? 'assistant', content: PROBE };
  const probe = template.render([...prompt, probed, ...rest], { addGenerationPrompt: false });
  const start = probe.lastIndexOf(PROBE);
  return start !== -1 && whole.startsWith(probe.slice(0, start)) ? start : whole.length;
}

/** A prompt that ends with the assistant's own words, and a response that goes on from there. */
function splitContinued(
  template: ChatTemplate,
  prompt: readonly Message[],
  last: Message,
  response: readonly Message[],
  answer: Message,
  opening: () => string,
): SplitText {
  if (answer.role !== 'assistant') {
    throw templateError(
      `The prompt ends with the assistant's message but the response begins with the role "${answer.role}".`,
      'End the prompt with the user, or let the response begin with the assistant.',
    );
  }
  const before = prompt.slice(0, -1);
  const joined: Message = { role: 'assistant', content: last.content + answer.content };
  const whole = template.render([...before, joined, ...response.slice(1)], { addGenerationPrompt: false });
  const open = opening();
  if (!whole.startsWith(open)) {
    throw templateError(
      'The chat template changes the beginning of an assistant message when it goes on, so it cannot be continued.',
      'End the prompt with the user and give the whole assistant message as the response.',
    );
  }
  return cut(whole, open.length);
}

/**
 * The text that a model is given to go on from: the prompt with the generation prompt, or, when the assistant spoke last,
 * the prompt cut right after its words. Errors: `OrpoError('template')`.
 */
export function renderPrompt(template: ChatTemplate, prompt: readonly Message[]): string {
  return prompt.at(-1)?.role === 'assistant'
    ? continuedPrompt(template, prompt)
    : template.render(prompt, { addGenerationPrompt: true });
}

function continuedPrompt(template: ChatTemplate, prompt: readonly Message[]): string {
  const rendered = template.render(prompt, { addGenerationPrompt: false });
  const content = prompt.at(-1)?.content ?? '';
  // templates may trim a message: then its words without the white space around them are what is found
  for (const words of [content, content.trimStart(), content.trimEnd(), content.trim()]) {
    const at = rendered.lastIndexOf(words);
    if (at !== -1 && words !== '') return rendered.slice(0, at + words.length);
  }
  throw templateError(
    'The chat template does not write the last assistant message as it stands, so it cannot be continued.',
    'End the prompt with the user.',
  );
}

function commonPrefixLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  // never between the two halves of a surrogate pair
  return isHighSurrogate(a.charCodeAt(length - 1)) ? length - 1 : length;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00;

const cut = (text: string, at: number): SplitText => ({ prompt: text.slice(0, at), response: text.slice(at) });
