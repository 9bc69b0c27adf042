import { readSide } from '../read-side.js';
import type { Schema } from './schema.js';

/** Keys of answers; a row that has one is half a row of another schema. */
const ANSWERS = ['chosen', 'rejected', 'completion', 'response', 'responses', 'completions', 'label'];

/** A prompt alone, text or messages, for a model to answer. */
export const prompt: Schema = {
  name: 'prompt',
  keys: '{prompt}',
  kind: 'prompt',
  matches: (keys) => keys.has('prompt') && !ANSWERS.some((key) => keys.has(key)),
  read: (row) => ({ kind: 'prompt', prompt: readSide(row, 'prompt') }),
};
