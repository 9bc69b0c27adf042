import type { Message } from '../text/chat-template.js';
import type { Side } from './records.js';
import { isObject } from './sources/parse-object.js';
import { RowProblem } from './sources/source-row.js';

/** Names of the same speaker in different data sets. */
const roles: ReadonlyMap<string, string> = new Map([
  ['human', 'user'],
  ['gpt', 'assistant'],
  ['chatgpt', 'assistant'],
  ['bot', 'assistant'],
  ['model', 'assistant'],
]);

const MESSAGE_HINT = 'A message is {"role": "user", "content": "…"} or {"from": "human", "value": "…"}.';

/** A column as text or messages; one message stands for a list of one. @throws RowProblem when it is neither. */
export function readSide(row: Record<string, unknown>, key: string): Side {
  const value = row[key];
  if (typeof value === 'string') return checkedText(value, key);
  if (Array.isArray(value)) return readMessages(value, key);
  if (isObject(value)) return [readMessage(value, key)];
  throw new RowProblem(`"${key}" is ${named(value)}, not text or messages.`, `Give "${key}" as text or as messages.`);
}

/** A column that must be text. @throws RowProblem when it is not. */
export function readText(row: Record<string, unknown>, key: string): string {
  const value = row[key];
  if (typeof value === 'string') return checkedText(value, key);
  throw new RowProblem(`"${key}" is ${named(value)}, not text.`, `Give "${key}" as text.`);
}

/** A column that may be absent, null or text. @throws RowProblem when it is something else. */
export function readOptionalText(row: Record<string, unknown>, key: string): string {
  return row[key] === undefined || row[key] === null ? '' : readText(row, key);
}

/** A list of messages in any of the usual spellings. @throws RowProblem for anything else, or an empty list. */
export function readMessages(value: unknown, key: string): Message[] {
  if (!Array.isArray(value)) throw new RowProblem(`"${key}" is ${named(value)}, not a list of messages.`, MESSAGE_HINT);
  if (value.length === 0) throw new RowProblem(`"${key}" is an empty list.`, 'Give at least one message.');
  return value.map((item, i) => readMessage(item, `${key}[${i}]`));
}

function readMessage(value: unknown, key: string): Message {
  if (!isObject(value)) throw new RowProblem(`"${key}" is ${named(value)}, not a message.`, MESSAGE_HINT);
  const role = value.role ?? value.from;
  const content = value.content ?? value.value;
  if (typeof role !== 'string' || role.trim() === '') {
    throw new RowProblem(`"${key}" has no role.`, MESSAGE_HINT);
  }
  if (Array.isArray(value.tool_calls) && value.tool_calls.length > 0) {
    throw new RowProblem(`"${key}" calls tools.`, 'Tool calls are not supported; write the call as text content.');
  }
  const name = role.trim().toLowerCase();
  return { role: roles.get(name) ?? name, content: contentText(content, key) };
}

/** Content is text, or a list of text parts. */
function contentText(content: unknown, key: string): string {
  if (typeof content === 'string') return checkedText(content, key);
  if (!Array.isArray(content)) throw new RowProblem(`the content of "${key}" is ${named(content)}.`, MESSAGE_HINT);
  return content
    .map((part) => {
      if (isObject(part) && part.type === 'text') return readText(part, 'text');
      throw new RowProblem(
        `"${key}" holds a part that is not text.`,
        'Only text is supported; remove images and audio.',
      );
    })
    .join('');
}

function checkedText(text: string, key: string): string {
  if (text.includes('\0')) throw new RowProblem(`"${key}" holds a NUL character.`, 'Remove the character.');
  if (/\p{Surrogate}/u.test(text)) {
    throw new RowProblem(`"${key}" holds half a surrogate pair.`, 'The text was cut inside a character; mend it.');
  }
  return text;
}

function named(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
