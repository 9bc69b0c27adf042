import { OrpoError } from '../errors.js';
import type { FeedbackConfig } from './config.js';
import type { Judged, JudgementLog } from './judgement-log.js';

/** Rows in a row without an answer of the judge after which it is taken for broken. */
const MOST_FAILURES = 20;

/** What is to be written down of one row. */
export interface Result {
  readonly judged: Judged;
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Writes results down in their order. Failures are held back until a row succeeds after them, so that a judge that broke
 * for good leaves no rows behind as failed, and they are judged when the work goes on.
 */
export class Keeper {
  readonly #config: FeedbackConfig;
  readonly #log: JudgementLog;
  #held: Result[] = [];
  #answered: boolean;

  constructor(config: FeedbackConfig, log: JudgementLog) {
    this.#config = config;
    this.#log = log;
    this.#answered = log.answered > 0;
  }

  /** Returns what was written down. @throws OrpoError when a failure stops the work */
  take(result: Result): Judged[] {
    const { outcome } = result.judged;
    this.#held.push(result);
    if (outcome === 'used' || outcome === 'undecided') {
      this.#answered = true;
      return this.#write();
    }
    const failures = this.#held.filter(({ judged }) => judged.outcome === 'failed').length;
    if (failures === 0) return this.#write();
    if (outcome === 'failed' && (this.#config.onFailure === 'stop' || failures >= MOST_FAILURES)) {
      throw this.#broken(result.judged, failures);
    }
    return [];
  }

  finish(): Judged[] {
    const failed = this.#held.filter(({ judged }) => judged.outcome === 'failed');
    const last = failed.at(-1);
    if (last !== undefined && !this.#answered) throw this.#broken(last.judged, failed.length);
    return this.#write();
  }

  #write(): Judged[] {
    const written = this.#held;
    this.#held = [];
    for (const { judged, records } of written) this.#log.append(judged, records);
    return written.map(({ judged }) => judged);
  }

  #broken({ row, failure }: Judged, failures: number): OrpoError {
    const { data, prompts, judge } = this.#config;
    const many = failures === 1 ? '' : `, and ${failures - 1} rows before it failed too`;
    return new OrpoError(
      judge.kind === 'endpoint' ? 'network' : 'data',
      `Row ${row} of ${data ?? prompts}: ${failure}${many}.`,
      'The rows before are kept: mend it and run the same command again. onFailure: drop counts single failures instead.',
    );
  }
}
