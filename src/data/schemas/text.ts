import { readText } from '../read-side.js';
import type { Schema } from './schema.js';

/** Plain text to learn as a whole. */
export const text: Schema = {
  name: 'text',
  keys: '{text}',
  kind: 'demonstration',
  matches: (keys) => keys.has('text'),
  read: (row) => ({ kind: 'demonstration', prompt: '', response: readText(row, 'text') }),
};
