import { plainText } from '../../data/records.js';
import { compareByScores } from '../compare-by-scores.js';
import type { Answer, Comparison, Judge, Judged, Score, Verdict } from '../judge.js';
import { RuleThread } from './rule-thread.js';

/**
 * A user's own function as a judge: the default export of a module, `(prompt, response) => number`, async too. With
 * `export const batched = true` it takes lists and returns one. Prompts come as the data has them, text or messages,
 * responses as text. The function runs in a thread of its own; a call that takes too long, throws, or returns anything but
 * a finite number is a failure of its row, or of its rows where they were called together.
 */
export class RuleJudge implements Judge {
  readonly batch = 16;
  readonly concurrency = 1;
  readonly #seconds: number;
  #thread: RuleThread;

  private constructor(thread: RuleThread, seconds: number) {
    this.#thread = thread;
    this.#seconds = seconds;
  }

  /** @throws OrpoError `config` when the module cannot be imported or has no function */
  static async open(path: string, seconds: number): Promise<RuleJudge> {
    return new RuleJudge(await RuleThread.start(path, seconds), seconds);
  }

  /** Aborting ends the thread, and with it the call under way. */
  async score(items: readonly Answer[], signal?: AbortSignal): Promise<Judged<Score>[]> {
    const stop = (): void => void this.#thread.end();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      const outcomes: Judged<Score>[] = [];
      const calls = this.#thread.batched ? [items] : items.map((item) => [item]);
      for (const call of calls) {
        signal?.throwIfAborted();
        if (this.#thread.ended) this.#thread = await RuleThread.start(this.#thread.path, this.#seconds);
        outcomes.push(...(await this.#call(call)));
      }
      signal?.throwIfAborted();
      return outcomes;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async compare(items: readonly Comparison[], signal?: AbortSignal): Promise<Judged<Verdict>[]> {
    return await compareByScores(items, (answers) => this.score(answers, signal), this.byScores);
  }

  /** The higher score wins, equal ones tie. */
  byScores(first: number, second: number): Verdict {
    return { probability: first > second ? 1 : first < second ? 0 : 0.5 };
  }

  async dispose(): Promise<void> {
    await this.#thread.end();
  }

  async #call(items: readonly Answer[]): Promise<Judged<Score>[]> {
    const { path } = this.#thread;
    const answer = await this.#thread.call(
      items.map(({ prompt }) => prompt),
      items.map(({ response }) => plainText(response)),
      this.#seconds,
    );
    if ('failure' in answer) return items.map(() => answer);
    const { values } = answer;
    if (values.length !== items.length) {
      const failure = `the rule ${path} returned ${values.length} numbers for ${items.length} responses`;
      return items.map(() => ({ failure }));
    }
    return values.map((value): Judged<Score> => {
      if (typeof value === 'number') return { value: { score: value, reward: value } };
      return { failure: `the rule ${path} returned ${value}, which is not a finite number` };
    });
  }
}
