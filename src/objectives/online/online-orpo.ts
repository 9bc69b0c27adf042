import { orpo, orpoConfig } from '../orpo.js';
import { nllSetting } from '../settings.js';
import { definePairing } from './define-online.js';

/**
 * ORPO on the best and the worst of the policy's own samples: no reference and no critic. The likelihood is that of
 * responses, for prompts are not what it wrote.
 */
export const onlineOrpo = definePairing({
  of: orpo,
  config: orpoConfig.extend({ nll: nllSetting('response') }).prefault({}),
  name: 'online-orpo',
  formula: 'ORPO on the best and the worst of its own samples',
  source: 'ours',
  use: 'ORPO when rewards are at hand instead of pairs: nothing but the policy is held in memory.',
});
