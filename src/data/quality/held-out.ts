import { digest } from '../fingerprint.js';
import { type DataRecord, plainText, responsesOf, type Side } from '../records.js';
import { NearIndex } from './near-index.js';
import { normalText } from './normal-text.js';
import { gramWords } from './word-grams.js';

/** A shorter response says nothing about where it comes from: "Yes.", "I don't know." */
const LEAST_WORDS = 10;

/** A held-out row that a row gives away. */
export interface Leak {
  /** The held-out row, by the number the caller gave it. */
  readonly of: number;
  readonly near: boolean;
}

/** What is held out, to be looked for in the rows that are trained on. */
export class HeldOut {
  private readonly prompts: Texts;
  private readonly responses: Texts;

  /** `threshold`: similarity from 0.5 to 1 from which texts are near; undefined: only what is the same but for white space. */
  constructor(threshold: number | undefined) {
    this.prompts = new Texts(threshold);
    this.responses = new Texts(threshold);
  }

  /** A row that is held out. */
  add(row: number, record: DataRecord): void {
    if (isSaid(record.prompt)) this.prompts.add(row, record.prompt);
    for (const response of responsesOf(record).filter(isTelling)) this.responses.add(row, response);
  }

  /** The held-out row whose prompt a row has. */
  promptLeak(record: DataRecord): Leak | undefined {
    return isSaid(record.prompt) ? this.prompts.find(record.prompt) : undefined;
  }

  /** The held-out row of which a row has a response of ten words or more. */
  responseLeak(record: DataRecord): Leak | undefined {
    const leaks = responsesOf(record)
      .filter(isTelling)
      .flatMap((response) => this.responses.find(response) ?? []);
    return leaks.find(({ near }) => !near) ?? leaks[0];
  }
}

function isSaid(side: Side): boolean {
  return normalText(side) !== '';
}

function isTelling(side: Side): boolean {
  return gramWords(plainText(side)).length >= LEAST_WORDS;
}

class Texts {
  private readonly exact = new Map<string, number>();
  private readonly index: NearIndex | undefined;
  private readonly indexed: number[] = [];

  constructor(threshold: number | undefined) {
    this.index = threshold === undefined ? undefined : new NearIndex(threshold);
  }

  add(row: number, side: Side): void {
    const key = digest(normalText(side));
    if (this.exact.has(key)) return;
    this.exact.set(key, row);
    if (this.index === undefined) return;
    this.index.add(this.index.prepare([plainText(side)]));
    this.indexed.push(row);
  }

  find(side: Side): Leak | undefined {
    const same = this.exact.get(digest(normalText(side)));
    if (same !== undefined) return { of: same, near: false };
    const [first] = this.index?.near(this.index.prepare([plainText(side)])) ?? [];
    const row = first === undefined ? undefined : this.indexed[first];
    return row === undefined ? undefined : { of: row, near: true };
  }
}
