import { recordKey } from '../fingerprint.js';
import { type DataRecord, plainText, responsesOf } from '../records.js';
import { NearIndex } from './near-index.js';

/** An earlier row that a row repeats. */
export interface Repetition {
  readonly of: number;
  /** Not letter by letter. */
  readonly near: boolean;
}

/**
 * Finds rows that repeat an earlier one: to the letter, or with a threshold, so that the prompt and each response are near
 * to those in the same place. A row that repeats another is not kept, so what later rows are compared with are the
 * first of their kind. Rows are numbered by the caller.
 */
export class Duplicates {
  private readonly exact = new Map<string, number>();
  private readonly index: NearIndex | undefined;
  private readonly indexed: number[] = [];

  /** `threshold`: similarity from 0.5 to 1 from which rows are near; undefined: only to the letter. */
  constructor(threshold: number | undefined) {
    this.index = threshold === undefined ? undefined : new NearIndex(threshold);
  }

  /** The first row that this one repeats; if there is none, it is kept to compare with. */
  look(row: number, record: DataRecord): Repetition | undefined {
    const key = recordKey(record);
    const same = this.exact.get(key);
    if (same !== undefined) return { of: same, near: false };
    const near = this.index && this.nearIn(this.index, row, record);
    // a third row may repeat to the letter what is near to the first
    this.exact.set(key, near ?? row);
    return near === undefined ? undefined : { of: near, near: true };
  }

  private nearIn(index: NearIndex, row: number, record: DataRecord): number | undefined {
    const prepared = index.prepare(textsOf(record));
    const [first] = index.near(prepared);
    if (first !== undefined) return this.indexed[first];
    index.add(prepared);
    this.indexed.push(row);
    return undefined;
  }
}

/** What must be near for two rows to be: the opinion of a labelled row too, which is no word of its response. */
function textsOf(record: DataRecord): string[] {
  const texts = [record.prompt, ...responsesOf(record)].map(plainText);
  return record.kind === 'labelled' ? [...texts, String(record.label)] : texts;
}
