import { explicitPair } from '../make-record.js';
import { readSide } from '../read-side.js';
import { hasAll, type Schema } from './schema.js';

/** A prompt with a chosen and a rejected answer, each text or messages. */
export const pair: Schema = {
  name: 'preference',
  keys: '{prompt, chosen, rejected}',
  kind: 'preference',
  matches: (keys) => hasAll(keys, 'prompt', 'chosen', 'rejected'),
  read: (row) => explicitPair(readSide(row, 'prompt'), readSide(row, 'chosen'), readSide(row, 'rejected')),
};
