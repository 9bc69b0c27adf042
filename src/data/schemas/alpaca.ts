import { demonstration } from '../make-record.js';
import { readText } from '../read-side.js';
import { alpacaPrompt } from './alpaca-prompt.js';
import { hasAll, type Schema } from './schema.js';

/** Alpaca rows: an instruction, perhaps an input it applies to, and the output to learn. */
export const alpaca: Schema = {
  name: 'alpaca',
  keys: '{instruction, input?, output}',
  kind: 'demonstration',
  matches: (keys) => hasAll(keys, 'instruction', 'output'),
  read: (row) => demonstration(alpacaPrompt(row), readText(row, 'output')),
};
