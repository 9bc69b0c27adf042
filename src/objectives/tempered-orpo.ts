import { defineMethod } from './define-method.js';
import { orpo, orpoConfig } from './orpo.js';

/** ORPO whose odds ratio has a real temperature below 1, which its paper lacks and which tuning always finds. */
export const temperedOrpo = defineMethod({
  name: 'tempered-orpo',
  formula: 'NLL + λ softplus(-β log OR)',
  source: 'ours, after arXiv 2502.01237',
  use: 'ORPO when its margins grow too fast; beta 0.2 to 0.7.',
  shape: 'pair',
  reference: false,
  config: orpoConfig
    .extend({ beta: orpoConfig.shape.beta.unwrap().default(0.5).describe('Temperature inside the odds-ratio term') })
    .prefault({}),
  loss: (policy, reference, settings) => orpo.loss(policy, reference, settings),
});
