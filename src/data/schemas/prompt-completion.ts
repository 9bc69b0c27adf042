import { demonstration } from '../make-record.js';
import { readSide } from '../read-side.js';
import { hasAll, type Schema } from './schema.js';

/** A prompt and the completion to learn, each text or messages. */
export const promptCompletion: Schema = {
  name: 'prompt-completion',
  keys: '{prompt, completion}',
  kind: 'demonstration',
  matches: (keys) => hasAll(keys, 'prompt', 'completion'),
  read: (row) => demonstration(readSide(row, 'prompt'), readSide(row, 'completion')),
};
