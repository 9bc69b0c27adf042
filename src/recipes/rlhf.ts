import { OrpoError } from '../errors.js';
import { align, supervise } from './align.js';
import type { RlhfConfig } from './config.js';
import type { StageList } from './stage-list.js';

/** From people's answers and choices: supervised training, a reward model, PPO (arXiv 2203.02155). */
export function rlhf(list: StageList, config: RlhfConfig, origin: string): void {
  const { data, sft } = config;
  if (sft !== false && data.demonstrations === undefined)
    throw new OrpoError(
      'config',
      `${origin}: "data.demonstrations" is missing.`,
      'Name a file of prompts with answers, or leave the supervised stage out with sft: false.',
    );
  const model = supervise(list, config);
  align(list, config, { model, pairs: { train: data.pairs }, prompts: { train: data.prompts ?? data.pairs }, origin });
}
