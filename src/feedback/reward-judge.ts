import { type GrowSettings, growTree } from '../data/grow-tree.js';
import type { Tree } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { LoadedModel } from '../models/load-model.js';
import { scoreRewards } from '../scoring/score-rewards.js';
import { compareByScores } from './compare-by-scores.js';
import type { Answer, Comparison, Judge, Judged, Score, Verdict } from './judge.js';

/**
 * A reward model as a judge: one scalar a response, and the probability that one is better is σ(r_a - r_b), as Bradley and
 * Terry have it. Responses to one prompt share its computation. The model stays the caller's.
 */
export class RewardJudge implements Judge {
  readonly batch = 1;
  readonly concurrency = 1;
  readonly #loaded: LoadedModel;
  readonly #settings: GrowSettings;

  /** @param most tokens of a prompt and one response; longer prompts are cut from their start */
  constructor(loaded: LoadedModel, most: number) {
    const { tokenizer, template, bos } = loaded;
    const { learnedPositions, positions } = loaded.model.sizes;
    this.#loaded = loaded;
    const maxLength = learnedPositions ? Math.min(most, positions) : most;
    const minResponse = Math.max(1, Math.floor(maxLength / 4));
    this.#settings = { tokenizer, template, bos, maxLength, minResponse, truncation: 'trunk' };
  }

  byScores(first: number, second: number): Verdict {
    return { probability: 1 / (1 + Math.exp(second - first)) };
  }

  async score(items: readonly Answer[]): Promise<Judged<Score>[]> {
    const grown = items.map(({ prompt, response }) => growTree(prompt, [response], this.#settings));
    const trees: Tree[] = [];
    for (const [row, one] of grown.entries()) {
      if (one.kind === 'withered') continue;
      const branch = { ids: Int32Array.from(one.responses[0] ?? []) };
      const last = trees.at(-1);
      if (last !== undefined && sameTokens(last.trunk, one.trunk)) {
        trees[trees.length - 1] = { ...last, branches: [...last.branches, branch] };
      } else trees.push({ trunk: Int32Array.from(one.trunk), branches: [branch], origin: { file: 'judge', row } });
    }
    const rewards = trees
      .flatMap((tree) => scoreRewards(this.#loaded.model, [tree]))
      .flat()
      .values();
    return grown.map((one): Judged<Score> => {
      if (one.kind === 'withered') return { failure: `the reward model cannot read it: ${one.reason}` };
      const reward = rewards.next().value;
      if (reward !== undefined && Number.isFinite(reward)) return { value: { score: reward, reward } };
      throw new OrpoError(
        'numeric',
        'The reward model gives no finite reward.',
        'Its weights are damaged: train it anew.',
      );
    });
  }

  async compare(items: readonly Comparison[]): Promise<Judged<Verdict>[]> {
    return await compareByScores(items, (answers) => this.score(answers), this.byScores);
  }

  async dispose(): Promise<void> {}
}

function sameTokens(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((id, at) => id === b[at]);
}
