import { defineMethod } from './define-method.js';
import { orpo, orpoConfig } from './orpo.js';

/** Self-play with ORPO's loss: a real answer against the model's own of the round before, and no reference. */
export const oddsSpin = defineMethod({
  name: 'odds-spin',
  formula: 'NLL + λ softplus(-β log OR), y_w real, y_l from the last round',
  source: 'ours, after arXiv 2401.01335',
  use: 'SPIN without holding the round before: set `round.method` of `recipe: spin`.',
  shape: 'pair',
  reference: false,
  config: orpoConfig.prefault({}),
  loss: (policy, reference, settings) => orpo.loss(policy, reference, settings),
});
