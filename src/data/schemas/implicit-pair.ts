import { implicitPair as fromCommon } from '../make-record.js';
import { readSide } from '../read-side.js';
import { hasAll, type Schema } from './schema.js';

/** Two whole conversations or texts; what they share at the beginning is the prompt. */
export const implicitPair: Schema = {
  name: 'preference-implicit-prompt',
  keys: '{chosen, rejected}',
  kind: 'preference',
  matches: (keys) => hasAll(keys, 'chosen', 'rejected'),
  read: (row) => fromCommon(readSide(row, 'chosen'), readSide(row, 'rejected')),
};
