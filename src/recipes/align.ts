import { join } from 'node:path';
import { OrpoError } from '../errors.js';
import { onlineMethods } from '../objectives/online/registry.js';
import type { RlaifConfig, RlhfConfig } from './config.js';
import { modelAfter, type TrainStage } from './stage.js';
import type { RunToBe, StageList } from './stage-list.js';

export interface Ingredients {
  /** What the policy starts from. */
  readonly model: string;
  readonly pairs: RunToBe['data'];
  readonly prompts: RunToBe['data'];
  /** What errors call the recipe. */
  readonly origin: string;
}

/** The supervised stage, where the recipe has one; the model to go on with. */
export function supervise(list: StageList, { sft, model, data }: RlhfConfig | RlaifConfig): string {
  if (sft === false || data.demonstrations === undefined) return model;
  const read = { train: data.demonstrations };
  return modelAfter(list.train('sft', { method: 'sft', model, data: read, section: sft, continues: true }));
}

/**
 * From pairs to a policy: a reward model and a method that samples, or one that learns from the pairs themselves. A
 * reward model starts from the policy's own start, so that with adapters both hang on one base.
 */
export function align(
  list: StageList,
  config: RlhfConfig | RlaifConfig,
  { model, pairs, prompts, origin }: Ingredients,
): void {
  const { policy, reward, orpo } = config;
  const method = policy.method ?? 'ppo';
  const shared = { method, model, section: policy, continues: false };
  const online = Object.hasOwn(onlineMethods, method);
  if (reward !== undefined && (!online || policy.reward !== undefined))
    throw new OrpoError(
      'config',
      `${origin}: "reward" has no stage: ${online ? 'policy.reward takes its place' : `${method} needs no reward model`}.`,
      'Leave the section out.',
    );
  if (!online) list.train(method, { ...shared, data: pairs });
  else if (policy.reward !== undefined) list.train(method, { ...shared, data: prompts });
  else {
    const judge = list.train('reward', {
      method: 'reward',
      model,
      data: pairs,
      section: reward ?? {},
      continues: false,
    });
    list.train(method, { ...shared, data: prompts, reward: rewardBy(judge) });
  }
  if (orpo === undefined) return;
  list.train('orpo', {
    method: 'orpo',
    model: config.model,
    data: pairs,
    section: orpo,
    continues: false,
    beside: true,
  });
}

/** What a run trained as the judge of another. */
function rewardBy({ config: { model, adapter, output } }: TrainStage): object {
  return adapter === undefined
    ? { kind: 'reward', model: join(output, 'model') }
    : { kind: 'reward', model, adapter: join(output, 'adapter') };
}
