import { demonstration } from '../make-record.js';
import { readSide } from '../read-side.js';
import { RowProblem } from '../sources/source-row.js';
import { alpaca } from './alpaca.js';
import { chat } from './chat.js';
import { conversation } from './conversation.js';
import { promptCompletion } from './prompt-completion.js';
import { hasAll, type Schema } from './schema.js';

/** Other names of the response. */
const responseKeys = ['response', 'answer', 'output'];

/** A prompt and an answer of another name; without a label this would be guesswork. */
const promptResponse: Schema = {
  name: 'prompt-response',
  keys: '{prompt, response}',
  kind: 'demonstration',
  matches: (keys) => keys.has('prompt') && responseKeys.some((key) => keys.has(key)),
  read: (row) => demonstration(readSide(row, 'prompt'), readSide(row, firstOf(row, responseKeys) ?? 'response')),
};

const bases = [promptCompletion, promptResponse, alpaca, chat, conversation];
const labelKeys = ['label', 'kto_tag', 'liked', 'desirable', 'thumbs_up', 'thumb', 'feedback', 'rating'];
const likes = new Set<unknown>([true, 1, 'true', '1', '+1', 'yes', 'up', 'thumbs_up', 'good', 'like', 'liked', '👍']);
const dislikes = new Set<unknown>([
  false,
  0,
  -1,
  'false',
  '0',
  '-1',
  'no',
  'down',
  'thumbs_down',
  'bad',
  'dislike',
  'disliked',
  '👎',
]);

/** One response with a thumb up or down. */
export const labelled: Schema = {
  name: 'labelled',
  keys: '{prompt, completion, label} or {messages, label}',
  kind: 'labelled',
  matches: (keys, row) => labelKeys.some((key) => hasAll(keys, key)) && bases.some((base) => base.matches(keys, row)),
  read: (row) => {
    const present = new Set(Object.keys(row).filter((key) => row[key] !== null && row[key] !== undefined));
    const base = bases.find((one) => one.matches(present, row));
    if (!base) {
      throw new RowProblem('the row has a label but no response.', `Each row needs ${labelled.keys}.`);
    }
    const record = base.read(row);
    if (record.kind !== 'demonstration') return record;
    return { ...record, kind: 'labelled', label: readLabel(row) };
  },
};

function readLabel(row: Record<string, unknown>): boolean {
  const key = firstOf(row, labelKeys) ?? 'label';
  const value = typeof row[key] === 'string' ? row[key].trim().toLowerCase() : row[key];
  if (likes.has(value)) return true;
  if (dislikes.has(value)) return false;
  throw new RowProblem(`"${key}" is neither true nor false.`, 'Label each response with true (good) or false (bad).');
}

function firstOf(row: Record<string, unknown>, keys: readonly string[]): string | undefined {
  return keys.find((key) => row[key] !== undefined && row[key] !== null);
}
