import type { Message } from '../text/chat-template.js';
import { dialogueMessages } from './dialogue.js';
import {
  type Demonstration,
  isMessages,
  type Preference,
  type Ranked,
  type Side,
  type Unusable,
  unusable,
} from './records.js';
import { RowProblem } from './sources/source-row.js';

/**
 * A pair with its prompt given. Mixtures become messages; messages that repeat the prompt lose the repetition.
 *
 * @throws RowProblem when chosen or rejected begins with another prompt than the one given.
 */
export function explicitPair(prompt: Side, chosen: Side, rejected: Side): Preference | Unusable {
  if (typeof prompt === 'string' && typeof chosen === 'string' && typeof rejected === 'string') {
    return { kind: 'preference', prompt, chosen, rejected };
  }
  const repeats = (side: Side): side is readonly Message[] => isMessages(side) && side[0]?.role !== 'assistant';
  if (typeof prompt === 'string' && repeats(chosen) && repeats(rejected)) return repeatedPair(prompt, chosen, rejected);
  const before = asMessages(prompt, 'user');
  const preferred = withoutPrompt(before, asMessages(chosen, 'assistant'), 'chosen');
  const other = withoutPrompt(before, asMessages(rejected, 'assistant'), 'rejected');
  if (!areAnswers(preferred) || !areAnswers(other)) return unusable('no response');
  return chatPair(before, preferred, other);
}

/**
 * A pair whose prompt is what chosen and rejected have in common: messages, dialogues written as text, or words.
 *
 * @throws RowProblem when one side is text and the other messages.
 */
export function implicitPair(chosen: Side, rejected: Side): Preference | Unusable {
  if (isMessages(chosen) && isMessages(rejected)) return commonMessages(chosen, rejected);
  if (isMessages(chosen) || isMessages(rejected)) {
    throw new RowProblem('one of "chosen" and "rejected" is text, the other messages.', 'Give both in one form.');
  }
  const preferred = dialogueMessages(chosen);
  const other = dialogueMessages(rejected);
  if (preferred && other) return commonMessages(preferred, other);
  const prompt = commonWords(chosen, rejected);
  return { kind: 'preference', prompt, chosen: chosen.slice(prompt.length), rejected: rejected.slice(prompt.length) };
}

/** A conversation as a demonstration: the last answer is learnt, what lies before it is the prompt. */
export function lastTurn(messages: readonly Message[]): Demonstration | Unusable {
  const response = messages.slice(-1);
  if (!areAnswers(response)) return unusable('no response');
  return { kind: 'demonstration', ...chatSides(messages.slice(0, -1), response) };
}

/** A prompt and a response in any mixture of forms. @throws RowProblem when the response repeats another prompt. */
export function demonstration(prompt: Side, response: Side): Demonstration | Unusable {
  if (typeof prompt === 'string' && typeof response === 'string') return { kind: 'demonstration', prompt, response };
  const before = asMessages(prompt, 'user');
  const answer = withoutPrompt(before, asMessages(response, 'assistant'), 'completion');
  return areAnswers(answer) ? { kind: 'demonstration', ...chatSides(before, answer) } : unusable('no response');
}

/**
 * Responses to one prompt, sorted from the best to the worst; `grades` tells how good each is.
 *
 * @throws RowProblem when a response repeats another prompt.
 */
export function ranking(prompt: Side, responses: readonly Side[], grades: readonly number[]): Ranked | Unusable {
  const texts = typeof prompt === 'string' && responses.every((side) => typeof side === 'string');
  const before = texts ? prompt : asMessages(prompt, 'user');
  const sides: Side[] = [];
  for (const [at, side] of responses.entries()) {
    if (texts || !isMessages(before)) {
      sides.push(side);
      continue;
    }
    const answer = withoutPrompt(before, asMessages(side, 'assistant'), `responses[${at}]`);
    if (!areAnswers(answer)) return unusable('no response');
    sides.push(chatSides(before, answer).response);
  }
  const order = grades.map((_, at) => at).sort((a, b) => (grades[b] ?? 0) - (grades[a] ?? 0));
  return {
    kind: 'ranked',
    prompt: before.length === 0 ? '' : before,
    responses: order.map((at) => sides[at] ?? ''),
    grades: order.map((at) => grades[at] ?? 0),
  };
}

/** The prompt is text and both sides are whole conversations, in which the prompt must occur. */
function repeatedPair(prompt: string, chosen: readonly Message[], rejected: readonly Message[]): Preference | Unusable {
  const pair = commonMessages(chosen, rejected);
  if (pair.kind === 'unusable') return pair;
  const found = isMessages(pair.prompt) && pair.prompt.some((message) => message.content.trim() === prompt.trim());
  if (found || prompt.trim() === '') return pair;
  throw new RowProblem(
    '"prompt" is none of the messages that "chosen" and "rejected" begin with.',
    'Give the prompt that both conversations share, or leave "prompt" out.',
  );
}

function commonMessages(chosen: readonly Message[], rejected: readonly Message[]): Preference | Unusable {
  if (!areAnswers(chosen.slice(-1)) || !areAnswers(rejected.slice(-1))) return unusable('no response');
  const most = Math.min(chosen.length, rejected.length) - 1;
  let shared = 0;
  while (shared < most && sameMessage(chosen[shared], rejected[shared])) shared++;
  const preferred = chosen.slice(shared);
  const other = rejected.slice(shared);
  if (!areAnswers(preferred) || !areAnswers(other)) return unusable('different prompts');
  return chatPair(chosen.slice(0, shared), preferred, other);
}

function chatPair(prompt: readonly Message[], chosen: readonly Message[], rejected: readonly Message[]): Preference {
  const { prompt: before, response } = chatSides(prompt, chosen);
  return { kind: 'preference', prompt: before, chosen: response, rejected: chatSides(prompt, rejected).response };
}

/** A conversation without a prompt is plain text: no template renders an answer to nothing. */
function chatSides(prompt: readonly Message[], response: readonly Message[]): { prompt: Side; response: Side } {
  if (prompt.length > 0) return { prompt, response };
  return { prompt: '', response: response.map((message) => message.content).join('\n\n') };
}

function asMessages(side: Side, role: string): readonly Message[] {
  if (typeof side !== 'string') return side;
  return side === '' && role === 'user' ? [] : [{ role, content: side }];
}

function withoutPrompt(prompt: readonly Message[], side: readonly Message[], key: string): readonly Message[] {
  if (side[0]?.role === 'assistant' || side.length === 0) return side;
  if (prompt.every((message, i) => sameMessage(message, side[i]))) return side.slice(prompt.length);
  throw new RowProblem(
    `"${key}" begins with another conversation than "prompt".`,
    `Let "${key}" hold the answer alone, or the prompt's messages and the answer.`,
  );
}

function areAnswers(messages: readonly Message[]): boolean {
  return messages.length > 0 && messages.every((message) => message.role === 'assistant');
}

function sameMessage(a: Message | undefined, b: Message | undefined): boolean {
  return a?.role === b?.role && a?.content === b?.content;
}

/** The longest common beginning that ends between words; the white space before the first differing word is left out. */
function commonWords(a: string, b: string): string {
  // one character of each text is always left to be its response
  const most = Math.min(a.length, b.length) - 1;
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared++;
  const endsWord = (at: number): boolean => a[at] === b[at] && /\s/.test(a[at] ?? '') && /\S/.test(a[at - 1] ?? '');
  while (shared > 0 && !endsWord(shared)) shared--;
  return a.slice(0, shared);
}
