import { RowProblem } from '../sources/source-row.js';
import { alpaca } from './alpaca.js';
import { alpacaPair } from './alpaca-pair.js';
import { chat } from './chat.js';
import { conversation } from './conversation.js';
import { conversationPair } from './conversation-pair.js';
import { implicitPair } from './implicit-pair.js';
import { labelled } from './labelled.js';
import { openaiPreference } from './openai-preference.js';
import { pair } from './pair.js';
import { prompt } from './prompt.js';
import { promptCompletion } from './prompt-completion.js';
import { ranked } from './ranked.js';
import type { Schema } from './schema.js';
import { text } from './text.js';

/** All schemas; of two that match, the earlier asks for more and wins. */
export const schemas: readonly Schema[] = [
  openaiPreference,
  pair,
  alpacaPair,
  conversationPair,
  implicitPair,
  ranked,
  labelled,
  alpaca,
  promptCompletion,
  conversation,
  chat,
  text,
  prompt,
];

/** The schema of a file by the keys of one row; keys with null count as absent. @throws RowProblem when none fits. */
export function recognise(row: Readonly<Record<string, unknown>>): Schema {
  const keys = new Set(Object.keys(row).filter((key) => row[key] !== null && row[key] !== undefined));
  const found = schemas.find((schema) => schema.matches(keys, row));
  if (found) return found;
  const seen = keys.size === 0 ? 'no keys' : `the keys ${[...keys].join(', ')}`;
  throw new RowProblem(
    `no schema is known for a row with ${seen}.`,
    `Known are ${schemas.map((schema) => schema.keys).join('; ')}. Map other names with columns: {prompt: question, …}.`,
  );
}
