import { z } from 'zod';
import { zeros } from '../../torch/index.js';
import type { Contribution } from '../objective.js';
import { orpo } from '../orpo.js';
import type { TokenScores } from './online-method.js';
import { byResponse } from './policy-terms.js';

export const orpoAuxiliarySetting = z
  .number()
  .min(0)
  .default(0)
  .describe('Weight of an ORPO loss on the best and the worst response to each prompt (ours); needs two a prompt');

/** Adds ORPO's loss on the best against the worst response of each prompt, with ORPO's own defaults. */
export function withOrpo(share: Contribution, scores: TokenScores, weight: number): Contribution {
  const { pairs, lengths, update } = scores;
  if (weight === 0 || pairs === undefined) return share;
  const [count = 0] = pairs.shape;
  const places = pairs.view([count * 2]);
  const { loss } = orpo.loss(
    {
      sums: byResponse(scores.logProbs, scores).indexSelect(0, places).view([count, 2]),
      tokens: lengths.indexSelect(0, places).view([count, 2]),
      trunkSums: zeros([count], { dtype: scores.logProbs.dtype, device: scores.logProbs.device }),
      step: {
        trees: update.pairs,
        nllTokens: update.bestTokens,
        responseTokens: update.bestTokens,
        branches: 2,
        liked: 0,
      },
    },
    undefined,
    orpo.config.parse({ nll: 'response' }),
  );
  const total = share.loss.add(loss.mul(weight));
  return { loss: total, metrics: { ...share.metrics, loss: total, orpo_loss: loss } };
}
