import type { LoraSet } from '../../adapters/lora-set.js';
import { OrpoError } from '../../errors.js';
import type { LoadedModel } from '../../models/load-model.js';
import type { OnlineRunConfig } from '../config.js';
import type { TrainOptions } from '../events.js';
import { openModelRewarder } from './model-rewarder.js';
import { type Rewarder, rewarderOf } from './rewards.js';

/** The policy, whose base model a reward adapter may share. */
export interface PolicyParts {
  readonly loaded: LoadedModel;
  readonly lora: LoraSet | undefined;
}

/** Opens what rewards responses: the caller's function, or what the configuration names. */
export async function openRewarder(
  { reward, rewardTimeout }: OnlineRunConfig,
  options: TrainOptions,
  policy: PolicyParts,
): Promise<Rewarder> {
  if (options.reward !== undefined) return rewarderOf(options.reward, 'the reward function', rewardTimeout);
  if (typeof reward === 'object') return await openModelRewarder(reward, policy);
  throw new OrpoError('config', '"reward" is missing.', 'Name a module, a reward model or a judge.');
}
