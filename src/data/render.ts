import { OrpoError } from '../errors.js';
import type { ChatTemplate, Message } from '../text/chat-template.js';
import { encodeSplit } from '../text/encode-split.js';
import { promptSplitter, renderPrompt } from '../text/render-conversation.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { renderDialogue } from './dialogue.js';
import { isMessages, type Side } from './records.js';
import { RowProblem } from './sources/source-row.js';

/** How text becomes tokens for one model. */
export interface RenderSettings {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
  /** Whether plain text begins with BOS. A chat template writes its own, so this does not concern it. */
  readonly bos: boolean;
}

/** `chat`: the model's template; `dialogue`: the plain form for models without one; `text`: as it stands. */
export type RenderStyle = 'chat' | 'dialogue' | 'text';

/** A record as tokens, not yet cut to length. The trunk is empty only when there is no token a text could begin with. */
export interface Rendered {
  readonly style: RenderStyle;
  readonly trunk: readonly number[];
  readonly responses: readonly (readonly number[])[];
}

/** The form a prompt is rendered in. An empty prompt is never put into a chat template: the text stands for itself. */
export function renderStyle(prompt: Side, settings: Pick<RenderSettings, 'template'>): RenderStyle {
  if (settings.template && prompt.length > 0) return 'chat';
  return isMessages(prompt) ? 'dialogue' : 'text';
}

/**
 * Renders a prompt with its responses. Every response ends with the end of a turn (chat) or EOS, if there is one.
 * Without responses the trunk is the prompt as a model that is to answer reads it.
 *
 * Without a prompt the trunk is BOS. A tokenizer without BOS takes the first token of the responses if they share it
 * (then it is context, not learnt), else EOS, which separates texts in pretraining.
 *
 * @throws RowProblem when the chat template refuses the messages.
 */
export function render(prompt: Side, responses: readonly Side[], settings: RenderSettings): Rendered {
  const style = renderStyle(prompt, settings);
  const { tokenizer } = settings;
  if (responses.length === 0) return { style, trunk: promptToAnswer(prompt, style, settings), responses: [] };
  const textsWith = renderTexts(style, prompt, settings.template);
  let before: { readonly text: string; readonly ids: number[] } | undefined;
  const encoded = responses.map((response) => {
    const texts = textsWith(response);
    const promptIds = before?.text === texts.prompt ? before.ids : undefined;
    const split = encodeSplit(tokenizer, texts.prompt, texts.response, { promptIds });
    before = { text: texts.prompt, ids: split.prompt };
    return split;
  });
  const { trunk, responses: rest } = shareTrunk(encoded);
  const ended = rest.map((ids) => endResponse(ids, style, tokenizer));
  if (trunk.length === 0) return { style, ...withContext(ended, tokenizer) };
  const addBos = style !== 'chat' && settings.bos && tokenizer.bos !== undefined && trunk[0] !== tokenizer.bos;
  return { style, trunk: addBos && tokenizer.bos !== undefined ? [tokenizer.bos, ...trunk] : trunk, responses: ended };
}

/** Ids of a prompt up to where an answer begins; an empty prompt is BOS, or EOS, which parts texts in pretraining. */
function promptToAnswer(prompt: Side, style: RenderStyle, { tokenizer, template, bos }: RenderSettings): number[] {
  if (style === 'chat' && template !== undefined)
    return tokenizer.encode(asRow(() => renderPrompt(template, toMessages(prompt, 'user'))));
  const ids = tokenizer.encode(isMessages(prompt) ? renderDialogue(prompt, []).prompt : prompt);
  const first = bos || ids.length === 0 ? (tokenizer.bos ?? (ids.length === 0 ? tokenizer.eos : undefined)) : undefined;
  return first === undefined || ids[0] === first ? ids : [first, ...ids];
}

/** Runs a template on a row; what it refuses is a fault of the row. */
function asRow<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof OrpoError) throw new RowProblem(error.message, error.hint);
    throw error;
  }
}

/** The two texts that are encoded, of each response to a prompt: both with all markup, before BOS and EOS. */
export function renderTexts(
  style: RenderStyle,
  prompt: Side,
  template: ChatTemplate | undefined,
): (response: Side) => { prompt: string; response: string } {
  if (style === 'text' || (style === 'chat' && !template)) {
    return (response) => ({ prompt: contentOf(prompt), response: contentOf(response) });
  }
  const before = toMessages(prompt, 'user');
  if (style === 'dialogue' || !template) return (response) => renderDialogue(before, toMessages(response, 'assistant'));
  const split = promptSplitter(template, before);
  return (response) => asRow(() => split(toMessages(response, 'assistant')));
}

/** Whether the tokenizer itself puts BOS in front of a text. */
export function tokenizerAddsBos(tokenizer: Tokenizer): boolean {
  return tokenizer.bos !== undefined && tokenizer.encode('a', { addSpecialTokens: true })[0] === tokenizer.bos;
}

function toMessages(side: Side, role: string): Message[] {
  return isMessages(side) ? [...side] : [{ role, content: side }];
}

function contentOf(side: Side): string {
  return isMessages(side) ? side.map(({ content }) => content).join('\n\n') : side;
}

/**
 * Makes one trunk of prompts that were encoded each with its own response. Where a token at the border merged with the
 * response, the trunk ends before it and the rest belongs to the responses.
 */
function shareTrunk(encoded: readonly { readonly prompt: number[]; readonly response: number[] }[]): {
  trunk: readonly number[];
  responses: readonly (readonly number[])[];
} {
  const first = encoded[0]?.prompt ?? [];
  let shared = first.length;
  for (const { prompt } of encoded) {
    let same = 0;
    while (same < shared && same < prompt.length && prompt[same] === first[same]) same++;
    shared = same;
  }
  return {
    trunk: first.slice(0, shared),
    responses: encoded.map(({ prompt, response }) => [...prompt.slice(shared), ...response]),
  };
}

/** Ends a response once: at the template's own end of turn, whose trailing white space is dropped, else with EOS. */
function endResponse(ids: readonly number[], style: RenderStyle, tokenizer: Tokenizer): readonly number[] {
  const { eos } = tokenizer;
  if (style === 'chat') {
    const special = tokenizer.specialIds();
    let end = ids.length;
    while (end > 0 && !special.has(ids[end - 1] ?? -1) && isBlank(ids[end - 1] ?? -1, tokenizer)) end--;
    if (end > 0 && special.has(ids[end - 1] ?? -1)) return ids.slice(0, end);
  }
  return eos === undefined || ids.at(-1) === eos ? ids : [...ids, eos];
}

/** Whether a token is white space by itself; asked of the last tokens of every response, which are few and the same. */
function isBlank(id: number, tokenizer: Tokenizer): boolean {
  const known = blanks.get(tokenizer) ?? new Map<number, boolean>();
  blanks.set(tokenizer, known);
  const blank = known.get(id) ?? tokenizer.decode([id]).trim() === '';
  known.set(id, blank);
  return blank;
}

const blanks = new WeakMap<Tokenizer, Map<number, boolean>>();

function withContext(
  responses: readonly (readonly number[])[],
  tokenizer: Tokenizer,
): { trunk: readonly number[]; responses: readonly (readonly number[])[] } {
  if (tokenizer.bos !== undefined) {
    const bos = tokenizer.bos;
    return { trunk: [bos], responses: responses.map((ids) => (ids[0] === bos ? ids.slice(1) : ids)) };
  }
  const first = responses[0]?.[0];
  if (first !== undefined && responses.every((ids) => ids[0] === first && ids.length > 1)) {
    return { trunk: [first], responses: responses.map((ids) => ids.slice(1)) };
  }
  return { trunk: tokenizer.eos === undefined ? [] : [tokenizer.eos], responses };
}
