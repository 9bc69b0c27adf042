import { lastTurn } from '../make-record.js';
import { readMessages, readOptionalText } from '../read-side.js';
import type { Schema } from './schema.js';

/** ShareGPT conversations; the last answer is learnt. */
export const conversation: Schema = {
  name: 'sharegpt',
  keys: '{conversations, system?}',
  kind: 'demonstration',
  matches: (keys) => keys.has('conversations'),
  read: (row) => {
    const system = readOptionalText(row, 'system');
    const messages = readMessages(row.conversations, 'conversations');
    return lastTurn(system === '' ? messages : [{ role: 'system', content: system }, ...messages]);
  },
};
