import { explicitPair } from '../make-record.js';
import { readSide } from '../read-side.js';
import type { Preference } from '../records.js';
import { RowProblem } from '../sources/source-row.js';
import { hasAll, type Schema } from './schema.js';

/** A prompt with a chosen and a rejected answer, each text or messages, and how sure or how big the preference is. */
export const pair: Schema = {
  name: 'preference',
  keys: '{prompt, chosen, rejected}',
  kind: 'preference',
  matches: (keys) => hasAll(keys, 'prompt', 'chosen', 'rejected'),
  read: (row) => {
    const record = explicitPair(readSide(row, 'prompt'), readSide(row, 'chosen'), readSide(row, 'rejected'));
    return record.kind === 'preference' ? { ...record, ...strength(row) } : record;
  },
};

/** `probability` that the chosen answer is the better one, and `margin` by which it is, where a row has them. */
function strength(row: Readonly<Record<string, unknown>>): Pick<Preference, 'confidence' | 'margin'> {
  const { probability, margin } = row;
  return {
    ...(isAbsent(probability) ? {} : { confidence: readNumber('probability', probability, 0, 1) }),
    ...(isAbsent(margin) ? {} : { margin: readNumber('margin', margin, 0, Number.MAX_VALUE) }),
  };
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function readNumber(key: string, value: unknown, least: number, most: number): number {
  // a table without types gives numbers as text
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number >= least && number <= most) return number;
  const range = most === 1 ? 'a number from 0 to 1' : 'a number from 0 on';
  throw new RowProblem(`"${key}" is ${JSON.stringify(value)}.`, `Give ${range}, or leave the key out.`);
}
