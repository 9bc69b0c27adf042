import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { OrpoError } from '../errors.js';

/** Why a row is not trained on. */
export const dropReasons = [
  'malformed',
  'no response',
  'empty response',
  'equal responses',
  'different prompts',
  'no context',
  'no supervised token',
  'prompt too long',
  'equal after truncation',
  'duplicate',
  'disliked response',
  'only ties',
  'no counterpart',
  'near duplicate',
  'conflict',
  'held-out prompt',
  'held-out response',
  'other language',
  'control token',
  'broken turns',
  'unequal lengths',
  'label noise',
] as const;

export type DropReason = (typeof dropReasons)[number];

/** What each reason means, for people. */
export const reasonMeanings: Readonly<Record<DropReason, string>> = {
  malformed: 'the row cannot be read or does not fit the schema of its file',
  'no response': 'the conversation does not end with an answer of the assistant',
  'empty response': 'a response is empty or only white space',
  'equal responses': 'chosen and rejected are the same',
  'different prompts': 'chosen and rejected answer different conversations',
  'no context': 'the prompt is empty and the tokenizer has no token a text could begin with',
  'no supervised token': 'a response has no token to train on',
  'prompt too long': 'the prompt leaves no room for the response and may not be cut further',
  'equal after truncation': 'chosen and rejected differ only in the part that was cut off',
  duplicate: 'an earlier row holds the same prompt and responses',
  'only ties': 'all responses of the ranking are equally good',
  'no counterpart': 'no response to the same prompt has the other label',
  'disliked response': 'the response was labelled as bad, and this method learns only from good ones',
  'near duplicate': 'an earlier row holds the same prompt and responses but for a few words',
  conflict: 'another row prefers the opposite',
  'held-out prompt': 'the prompt is also evaluated on',
  'held-out response': 'a response is also evaluated on',
  'other language': 'a text is in a language that is not wanted',
  'control token': 'a text spells a control token of the tokenizer or a marker of a chat template',
  'broken turns': 'the turns of the conversation do not alternate, or a response speaks for another',
  'unequal lengths': 'one response is far longer than another',
  'label noise': 'a model finds the rejected response far better than the chosen one',
};

export interface Dropped {
  readonly count: number;
  /** The first rows dropped for this reason, at most 5, as numbered in the file. */
  readonly firstRows: readonly number[];
}

/** What became of the rows of one file: `rows = used + sum of dropped`. */
export interface RowCounts {
  readonly rows: number;
  readonly used: number;
  readonly dropped: Readonly<Partial<Record<DropReason, Dropped>>>;
}

/** Rows named of each reason. */
export const ROWS_NAMED = 5;

/** Counts the rows of one file; every row is taken or dropped exactly once. */
export class RowAccount {
  private readonly path: string;
  private rows = 0;
  private used = 0;
  private readonly dropped = new Map<DropReason, { count: number; firstRows: number[] }>();

  constructor(path: string) {
    this.path = path;
  }

  /** A row was read; `take` or `drop` must follow. */
  read(): void {
    this.rows++;
  }

  take(): void {
    this.used++;
  }

  drop(reason: DropReason, row: number): void {
    const entry = this.dropped.get(reason) ?? { count: 0, firstRows: [] };
    entry.count++;
    if (entry.firstRows.length < ROWS_NAMED) entry.firstRows.push(row);
    this.dropped.set(reason, entry);
  }

  /** The balance. @throws OrpoError `internal` when a row was lost or counted twice. */
  close(): RowCounts {
    let sum = this.used;
    for (const { count } of this.dropped.values()) sum += count;
    if (sum !== this.rows) {
      throw new OrpoError(
        'internal',
        `${this.path}: ${this.rows} rows were read but ${sum} are accounted for.`,
        'This is a fault of the loader; please report it with the file.',
      );
    }
    const dropped: Partial<Record<DropReason, Dropped>> = {};
    for (const reason of dropReasons) {
      const entry = this.dropped.get(reason);
      if (entry) dropped[reason] = entry;
    }
    return { rows: this.rows, used: this.used, dropped };
  }
}

/** SHA-256 of a file as lower-case hex, and its size in bytes; read in pieces. */
export async function hashFile(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    if (!Buffer.isBuffer(chunk)) continue;
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
