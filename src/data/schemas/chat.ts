import { lastTurn } from '../make-record.js';
import { readMessages } from '../read-side.js';
import type { Schema } from './schema.js';

/** Chat conversations; the last answer is learnt. */
export const chat: Schema = {
  name: 'messages',
  keys: '{messages}',
  kind: 'demonstration',
  matches: (keys) => keys.has('messages'),
  read: (row) => lastTurn(readMessages(row.messages, 'messages')),
};
