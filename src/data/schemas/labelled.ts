import { RowProblem } from '../sources/source-row.js';
import { chat } from './chat.js';
import { conversation } from './conversation.js';
import { promptCompletion } from './prompt-completion.js';
import type { Schema } from './schema.js';

const bases = [promptCompletion, chat, conversation];
const labelKeys = ['label', 'kto_tag'];

/** One response with a thumb up or down. */
export const labelled: Schema = {
  name: 'labelled',
  keys: '{prompt, completion, label} or {messages, label}',
  kind: 'labelled',
  matches: (keys, row) => labelKeys.some((key) => keys.has(key)) && bases.some((base) => base.matches(keys, row)),
  read: (row) => {
    const present = new Set(Object.keys(row).filter((key) => row[key] !== null && row[key] !== undefined));
    const base = bases.find((one) => one.matches(present, row));
    if (!base) {
      throw new RowProblem('the row has a label but no response.', `Each row needs ${labelled.keys}.`);
    }
    const record = base.read(row);
    if (record.kind !== 'demonstration') return record;
    return { ...record, kind: 'labelled', label: readLabel(row) };
  },
};

function readLabel(row: Record<string, unknown>): boolean {
  const key = labelKeys.find((name) => row[name] !== undefined && row[name] !== null) ?? 'label';
  const value = row[key];
  if (value === true || value === 1 || value === 'true' || value === '1') return true;
  if (value === false || value === 0 || value === 'false' || value === '0') return false;
  throw new RowProblem(`"${key}" is neither true nor false.`, 'Label each response with true (good) or false (bad).');
}
