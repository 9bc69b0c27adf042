import { OrpoError } from '../../errors.js';
import { openJudge } from '../../feedback/open-judge.js';
import type { OnlineRunConfig } from '../config.js';
import type { TrainOptions } from '../events.js';
import { judgeRewarder } from './judge-rewarder.js';
import type { Ground } from './loop.js';
import { openModelRewarder } from './model-rewarder.js';
import { type Rewarder, rewarderOf } from './rewards.js';

/** Opens what rewards responses: the caller's function, or what the configuration names. A reward adapter may share the policy's base. */
export async function openRewarder(
  { reward, rewardTimeout, training }: OnlineRunConfig,
  options: TrainOptions,
  policy: Pick<Ground, 'loaded' | 'lora'>,
): Promise<Rewarder> {
  if (options.reward !== undefined) return rewarderOf(options.reward, 'the reward function', rewardTimeout);
  if (reward === undefined) throw new OrpoError('config', '"reward" is missing.', 'Name a module or a judge.');
  if (typeof reward === 'object' && reward.kind === 'reward') return await openModelRewarder(reward, policy);
  const config =
    typeof reward === 'string' ? ({ kind: 'rule', module: reward, timeout: rewardTimeout } as const) : reward;
  const { judge, dispose } = await openJudge(config, { seed: training.seed, work: policy.loaded.model.store.work });
  const name = config.kind === 'rule' ? config.module : `the judge ${config.model}`;
  return judgeRewarder(judge, name, dispose);
}
