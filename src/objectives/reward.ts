import { z } from 'zod';
import { bradleyTerry } from './bradley-terry.js';
import { defineMethod } from './define-method.js';

/** A reward model from comparisons (Bradley and Terry; arXiv 2203.02155, eq. 1), read by a scalar head from last tokens. */
export const reward = defineMethod({
  name: 'reward',
  formula: '-log σ(r_w - r_l - m) + c (r_w + r_l)², r read by a scalar head',
  source: 'arXiv 2203.02155',
  use: 'The judge of RLHF: learns a score from comparisons, for PPO and its kin and for `orpo score --reward`.',
  shape: 'ranked',
  reads: 'reward',
  reference: false,
  config: z
    .strictObject({
      center: z.number().min(0).default(0).describe('Weight of (r_w + r_l)², which keeps rewards around 0'),
      margin: z.number().min(0).default(1).describe('Factor on the margins that rows give, if they do'),
    })
    .prefault({}),
  loss: (policy, _reference, terms) => bradleyTerry(policy, terms),
});
