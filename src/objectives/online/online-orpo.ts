import { orpo } from '../orpo.js';
import { definePairing } from './define-online.js';

/** ORPO on the best and the worst of the policy's own samples: no reference and no critic. */
export const onlineOrpo = definePairing({
  of: orpo,
  name: 'online-orpo',
  formula: 'ORPO on the best and the worst of its own samples',
  source: 'ours',
  use: 'ORPO when rewards are at hand instead of pairs: nothing but the policy is held in memory.',
});
