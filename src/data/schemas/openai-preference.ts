import { explicitPair } from '../make-record.js';
import { readMessages } from '../read-side.js';
import { isObject } from '../sources/parse-object.js';
import { RowProblem } from '../sources/source-row.js';
import { hasAll, type Schema } from './schema.js';

/** The preference format of OpenAI, Together and Fireworks. */
export const openaiPreference: Schema = {
  name: 'openai-preference',
  keys: '{input: {messages}, preferred_output, non_preferred_output}',
  kind: 'preference',
  matches: (keys) => hasAll(keys, 'input', 'preferred_output', 'non_preferred_output'),
  read: (row) => {
    const input = row.input;
    if (!isObject(input)) throw new RowProblem('"input" is not an object.', 'Give it as {"messages": [...]}.');
    if (Array.isArray(input.tools) && input.tools.length > 0) {
      throw new RowProblem('"input.tools" is not empty.', 'Tools are not supported; leave rows that use them out.');
    }
    return explicitPair(
      readMessages(input.messages, 'input.messages'),
      readMessages(row.preferred_output, 'preferred_output'),
      readMessages(row.non_preferred_output, 'non_preferred_output'),
    );
  },
};
