import { z } from 'zod';
import { dropReasons } from '../data/accounting.js';
import { JsonlLog, readJsonlLog } from '../files/jsonl-log.js';
import type { FeedbackFolder } from './feedback-folder.js';

const choice = z.enum(['first', 'second', 'tie']);

/** A line of the log: what became of one row. */
export const judgementSchema = z.looseObject({
  row: z.number(),
  outcome: z.enum(['used', 'undecided', 'failed', ...dropReasons]),
  failure: z.string().optional(),
  matches: z
    .array(
      z.object({
        first: z.number(),
        second: z.number(),
        probability: z.number(),
        orders: z.tuple([z.number(), z.number()]).optional(),
      }),
    )
    .optional(),
  human: z.array(choice).optional(),
  tokens: z.object({ input: z.number(), output: z.number() }).optional(),
  /** Lines it added to the data. */
  records: z.number().default(0),
  /** Size of the data once they were there. */
  bytes: z.number(),
});

export type Judgement = z.output<typeof judgementSchema>;

/** What is kept of a row, without the size of the data. */
export type Judged = Omit<z.input<typeof judgementSchema>, 'bytes' | 'records'>;

/**
 * The data and the log beside it, both only ever appended to. The data is written first: a line of the log says that
 * its row is done, and lines of the data behind the last such row are cut away when the folder is opened again.
 */
export class JudgementLog {
  readonly #data: JsonlLog;
  readonly #log: JsonlLog;
  /** Rows that were done when the folder was opened. */
  readonly done: number;
  /** How many of them the judge had an answer for. */
  readonly answered: number;

  constructor(folder: FeedbackFolder) {
    this.#log = new JsonlLog(folder.log);
    this.#data = new JsonlLog(folder.records);
    let done = 0;
    let answered = 0;
    let bytes = 0;
    for (const judgement of readJudgements(folder)) {
      done++;
      bytes = judgement.bytes;
      if (judgement.outcome === 'used' || judgement.outcome === 'undecided') answered++;
    }
    this.#data.truncateTo(bytes);
    this.done = done;
    this.answered = answered;
  }

  append(judged: Judged, records: readonly Readonly<Record<string, unknown>>[]): void {
    for (const record of records) this.#data.append(record);
    this.#log.append({ ...judged, records: records.length, bytes: this.#data.position });
  }

  close(): void {
    this.#data.flush();
    this.#log.flush();
    this.#data.close();
    this.#log.close();
  }
}

/** The lines of a log, in the order of the rows. */
export function* readJudgements(folder: FeedbackFolder): Generator<Judgement> {
  for (const record of readJsonlLog(folder.log)) yield judgementSchema.parse(record);
}
