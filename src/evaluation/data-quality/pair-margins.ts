import type { AdaptedModel } from '../../adapters/load-adapted.js';
import type { Tree } from '../../data/tree.js';
import { OrpoError } from '../../errors.js';
import { type PairScore, scorePairs } from '../../scoring/score-pairs.js';
import { scoreRewards } from '../../scoring/score-rewards.js';
import type { MarginKind } from './margin-kinds.js';

/** Pairs scored between two signs of progress. */
const CHUNK = 32;

/**
 * The margin of each pair; positive where the model agrees with the label.
 *
 * @throws OrpoError `config` when implicit rewards are asked of a model without an adapter
 */
export function pairMargins(
  model: AdaptedModel,
  trees: readonly Tree[],
  kind: MarginKind,
  onProgress: (done: number) => void = () => undefined,
): number[] {
  const margin = scorers[kind];
  const margins: number[] = [];
  for (let start = 0; start < trees.length; start += CHUNK) {
    onProgress(start);
    margins.push(...margin(model, trees.slice(start, start + CHUNK)));
  }
  return margins;
}

const scorers: Record<MarginKind, (model: AdaptedModel, trees: readonly Tree[]) => number[]> = {
  mean: ({ loaded }, trees) =>
    scorePairs(loaded.model, trees).map(
      ({ chosen, rejected, chosenTokens, rejectedTokens }) => chosen / chosenTokens - rejected / rejectedTokens,
    ),
  reward: ({ loaded }, trees) =>
    scoreRewards(loaded.model, trees).map(([chosen = Number.NaN, rejected = Number.NaN]) => chosen - rejected),
  implicit: ({ loaded, lora }, trees) => {
    if (lora === undefined) {
      throw new OrpoError(
        'config',
        'Implicit rewards compare a model with and without its adapter, but there is no adapter.',
        'Give --adapter, or judge by mean log-probs.',
      );
    }
    const policy = scorePairs(loaded.model, trees);
    const reference = lora.withDisabled(() => scorePairs(loaded.model, trees));
    return policy.map((scores, i) => sumMargin(scores) - sumMargin(reference[i]));
  },
};

function sumMargin(scores: PairScore | undefined): number {
  return scores === undefined ? Number.NaN : scores.chosen - scores.rejected;
}
