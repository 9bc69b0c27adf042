import { explicitPair } from '../make-record.js';
import { readMessages, readOptionalText, readSide } from '../read-side.js';
import { RowProblem } from '../sources/source-row.js';
import { hasAll, type Schema } from './schema.js';

/** ShareGPT pairs: the conversation so far, and one message each as the better and the worse continuation. */
export const conversationPair: Schema = {
  name: 'sharegpt-preference',
  keys: '{conversations, chosen, rejected}',
  kind: 'preference',
  matches: (keys, row) =>
    hasAll(keys, 'chosen', 'rejected') &&
    (keys.has('conversations') || (keys.has('messages') && !Array.isArray(row.chosen))),
  read: (row) => {
    const key = row.conversations === undefined ? 'messages' : 'conversations';
    const system = readOptionalText(row, 'system');
    const prompt = readMessages(row[key], key);
    const last = prompt.at(-1)?.role;
    if (last === 'assistant') {
      throw new RowProblem(`"${key}" ends with an answer of the assistant.`, 'It must end where the answer is due.');
    }
    const whole = system === '' ? prompt : [{ role: 'system', content: system }, ...prompt];
    return explicitPair(whole, readSide(row, 'chosen'), readSide(row, 'rejected'));
  },
};
