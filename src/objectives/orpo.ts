import { z } from 'zod';
import { defineMethod } from './define-method.js';
import { negativeLogLikelihood } from './likelihood.js';
import { logOdds } from './log-odds.js';
import { nllSetting } from './settings.js';

export const orpoConfig = z.strictObject({
  lambda: z.number().min(0).default(0.1).describe('Weight of the odds-ratio term'),
  beta: z.number().positive().default(1).describe('Temperature inside the odds-ratio term'),
  nll: nllSetting('full'),
});

/**
 * Odds Ratio Preference Optimization (arXiv 2403.07691, eq. 3 to 7), with the temperature of arXiv 2502.01237:
 *
 *   L = NLL + lambda * softplus(-beta * z),  z = logit(p_w) - logit(p_l),  p = exp(mean log-prob of a response)
 *
 * The likelihood is a mean over the step's tokens, the odds-ratio term a mean over its pairs.
 */
export const orpo = defineMethod({
  name: 'orpo',
  formula: 'NLL + λ softplus(-β z), z = logit(p_w) - logit(p_l), p = exp(l̄p)',
  source: 'arXiv 2403.07691',
  use: 'Start here: one stage from a base or chat model, no reference, answers stay fluent.',
  shape: 'pair',
  reference: false,
  config: orpoConfig.prefault({}),
  loss(policy, _reference, { lambda, beta }) {
    const { trees } = policy.step;
    const means = policy.sums.div(policy.tokens);
    const chosen = means.select(1, 0);
    const rejected = means.select(1, 1);
    const odds = logOdds(means);
    const logOddsRatio = odds.select(1, 0).sub(odds.select(1, 1));
    const penalty = logOddsRatio.mul(-beta).softplus().sum().div(trees);
    const nll = negativeLogLikelihood(policy);
    // without the term the loss is the likelihood itself, not the likelihood plus zero times something
    const loss = lambda === 0 ? nll : nll.add(penalty.mul(lambda));
    const perTree = 1 / trees;
    return {
      loss,
      metrics: {
        loss,
        nll_loss: nll,
        log_odds_ratio: penalty.neg(),
        log_odds_chosen: logOddsRatio.sum().mul(perTree),
        'rewards/chosen': chosen.sum().mul(lambda * perTree),
        'rewards/rejected': rejected.sum().mul(lambda * perTree),
        'rewards/margins': chosen
          .sub(rejected)
          .sum()
          .mul(lambda * perTree),
        'rewards/accuracies': chosen.gt(rejected).toDtype('float32').sum().mul(perTree),
        'logps/chosen': chosen.sum().mul(perTree),
        'logps/rejected': rejected.sum().mul(perTree),
      },
    };
  },
});
