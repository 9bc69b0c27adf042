import type { Message } from '../../text/chat-template.js';
import { type DataRecord, isMessages, plainText, responsesOf, type Side } from '../records.js';

/** A line that begins another speaker's turn. */
const SPEAKER = /(?:^|\n)[ \t]*(?:Human|User|Assistant|AI|Bot)[ \t]*:/;

const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
const GUIDES: ReadonlySet<string> = new Set(['system', 'developer']);

/**
 * What is wrong with the turns of a row, or undefined: roles that no template knows, a system message in the middle,
 * two turns of one speaker in a row, a prompt that ends with an answer, an empty turn, or a response that goes on to
 * speak for the other side.
 */
export function turnFault(record: DataRecord): string | undefined {
  const responses = responsesOf(record);
  const asked = isMessages(record.prompt) ? promptFault(record.prompt) : undefined;
  return asked ?? responses.map(responseFault).find((fault) => fault !== undefined);
}

function promptFault(messages: readonly Message[]): string | undefined {
  const begin = messages.findIndex(({ role }) => !GUIDES.has(role));
  const turns = begin < 0 ? [] : messages.slice(begin);
  const [first] = turns;
  if (first === undefined) return 'the prompt has no turn of the user';
  const unknown = messages.find(({ role }) => !ROLES.has(role));
  if (unknown) return `no template knows the role ${JSON.stringify(unknown.role)}`;
  if (turns.some(({ role }) => GUIDES.has(role))) return 'a system message stands in the middle';
  if (messages.some(({ content }) => content.trim() === '')) return 'a turn of the prompt is empty';
  if (first.role !== 'user') return `the conversation begins with the ${first.role}`;
  const twice = turns.find(({ role }, i) => (role === 'user' || role === 'assistant') && role === turns[i - 1]?.role);
  if (twice) return `two turns of the ${twice.role} stand in a row`;
  return turns.at(-1)?.role === 'assistant' ? 'the prompt ends with an answer of the assistant' : undefined;
}

function responseFault(response: Side): string | undefined {
  if (isMessages(response) && response.length > 1) return 'the response has several turns';
  return SPEAKER.test(plainText(response)) ? 'the response goes on to speak for another' : undefined;
}
