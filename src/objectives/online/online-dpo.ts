import { dpo } from '../dpo.js';
import { definePairing } from './define-online.js';

/** DPO on the best and the worst of the policy's own samples (arXiv 2402.04792). */
export const onlineDpo = definePairing({
  of: dpo,
  config: dpo.config,
  name: 'online-dpo',
  formula: 'DPO on the best and the worst of its own samples',
  source: 'arXiv 2402.04792',
  use: 'Preferences that keep up with the policy: a reward or judge labels what it writes now.',
});
