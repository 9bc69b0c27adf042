import { createHash } from 'node:crypto';
import { type DataRecord, responsesOf, type Side } from './records.js';

/** A short digest of a record's content: equal for rows that repeat each other. */
export function recordKey(record: DataRecord): string {
  const opinion = record.kind === 'labelled' ? record.label : record.kind === 'ranked' ? record.grades : null;
  return digest([record.prompt, responsesOf(record), opinion]);
}

/** A digest that ignores which response is the better one: equal for pairs that contradict each other. */
export function unorderedKey(record: DataRecord): string {
  return digest([record.prompt, responsesOf(record).map(digest).sort()]);
}

/**
 * A digest of what a row asks: its prompt, or its content when it has none. Rows with the same key belong on one side
 * of a split.
 */
export function promptKey(record: DataRecord): string {
  return record.prompt.length === 0 ? recordKey(record) : digest(record.prompt);
}

/** 22 characters that tell one value from others. */
export function digest(value: Side | readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 22);
}
