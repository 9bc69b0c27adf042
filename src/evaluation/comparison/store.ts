import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../cache-folder.js';
import { pruneFolders } from '../../files/prune-folders.js';
import { type KeptAnswer, keptAnswer } from './answer-prompts.js';
import { ContentCache, digestOf } from './content-cache.js';
import { type JudgementCache, type KeptJudgement, keptJudgement } from './questions.js';
import { type KeptScores, keptScores } from './score-held-out.js';

/** Models and judges whose results are kept, the newest ones. */
const KEPT = 256;

const KINDS = ['answers', 'pairs', 'judgements'] as const;

/** Where answers, scores and judgements are kept: `evaluation/` in the user's cache, or a folder. */
export class Store {
  readonly #root: string;
  readonly #opened: { close(): void }[] = [];

  constructor(folder: string | undefined) {
    this.#root = folder ?? join(cacheFolder(), 'evaluation');
  }

  /** @param decides everything that decides what a model answers, but the prompt and the settings */
  answers(...decides: readonly string[]): ContentCache<KeptAnswer> {
    return this.#open('answers', decides, (folder) => new ContentCache(folder, keptAnswer));
  }

  scores(...decides: readonly string[]): ContentCache<KeptScores> {
    return this.#open('pairs', decides, (folder) => new ContentCache(folder, keptScores));
  }

  /** Without anything to know a judge by, its judgements last as long as this process. */
  judgements(fingerprint: string | undefined): JudgementCache {
    if (fingerprint !== undefined)
      return this.#open('judgements', [fingerprint], (folder) => new ContentCache(folder, keptJudgement));
    const kept = new Map<string, KeptJudgement>();
    return {
      get: (key) => kept.get(key),
      put: (results) => {
        for (const [key, result] of results) kept.set(key, result);
      },
    };
  }

  /** Ends all writing and drops what is oldest. */
  close(): void {
    for (const cache of this.#opened.splice(0)) cache.close();
    for (const kind of KINDS) {
      const parent = join(this.#root, kind);
      if (existsSync(parent)) pruneFolders(parent, KEPT);
    }
  }

  #open<C extends { close(): void }>(
    kind: (typeof KINDS)[number],
    decides: readonly string[],
    open: (folder: string) => C,
  ): C {
    const cache = open(join(this.#root, kind, digestOf(...decides)));
    this.#opened.push(cache);
    return cache;
  }
}
