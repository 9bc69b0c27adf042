import { explicitPair } from '../make-record.js';
import { readText } from '../read-side.js';
import { alpacaPrompt } from './alpaca-prompt.js';
import { hasAll, type Schema } from './schema.js';

/** Alpaca rows with two answers. */
export const alpacaPair: Schema = {
  name: 'alpaca-preference',
  keys: '{instruction, input?, chosen, rejected}',
  kind: 'preference',
  matches: (keys) => hasAll(keys, 'instruction', 'chosen', 'rejected'),
  read: (row) => explicitPair(alpacaPrompt(row), readText(row, 'chosen'), readText(row, 'rejected')),
};
