import { aside } from '../../adapters/aside.js';
import { loadAdapter } from '../../adapters/peft-folder.js';
import { render } from '../../data/render.js';
import type { Tree } from '../../data/tree.js';
import { cutTrunk } from '../../data/truncate.js';
import type { RewardJudgeConfig } from '../../feedback/config.js';
import type { CausalLM } from '../../models/causal-lm.js';
import { type LoadedModel, loadModel } from '../../models/load-model.js';
import { SCORE } from '../../models/reward-head.js';
import { Parameter } from '../../nn/parameter.js';
import { scoreRewards } from '../../scoring/score-rewards.js';
import { cpuFeatures } from '../../torch/engine/cpu.js';
import { choosePrecision, RUNS_ON_GPU } from '../../torch/engine/precision.js';
import { scope, zeros } from '../../torch/index.js';
import type { Ground } from './loop.js';
import type { Rewarder, RewardItem } from './rewards.js';

/**
 * A reward model as a rewarder. An adapter of the policy's own base model hangs on that: the weights are held once. A model
 * of another tokenizer reads the texts anew.
 *
 * @throws OrpoError `model` or `adapter` when what is named is no reward model
 */
export async function openModelRewarder(
  source: RewardJudgeConfig,
  policy: Pick<Ground, 'loaded' | 'lora'>,
): Promise<Rewarder> {
  const name = source.adapter ?? source.model;
  const { loaded, lora } = policy;
  if (source.adapter !== undefined && lora !== undefined && source.model === loaded.reference)
    return onPolicysBase(source.adapter, loaded);
  const { precision } = choosePrecision(source.precision, cpuFeatures(), RUNS_ON_GPU);
  // an adapter brings its own head
  const fresh = source.adapter === undefined ? {} : { freshScore: { seed: 0 } };
  const judge = await loadModel(source.model, { head: 'score', precision, offline: source.offline, ...fresh });
  try {
    const set =
      source.adapter === undefined ? undefined : loadAdapter(judge.model.store, source.adapter, judge.model.score);
    const reads = readsAlike(judge, loaded) ? sampledTree : (item: RewardItem) => textTree(item, judge);
    return {
      name,
      score: async (items) => rewardsBy(judge.model, items.map(reads)),
      dispose: async () => {
        set?.dispose();
        judge.dispose();
      },
    };
  } catch (error) {
    judge.dispose();
    throw error;
  }
}

function onPolicysBase(adapter: string, { model }: LoadedModel): Rewarder {
  const width = model.head.weight.shape[1] ?? 0;
  const score = scope(() => new Parameter(SCORE, zeros([1, width], { dtype: 'float32' })));
  try {
    const set = aside(model.store, () => loadAdapter(model.store, adapter, score));
    const judge: CausalLM = { ...model, score };
    return {
      name: adapter,
      score: async (items) => set.within(() => rewardsBy(judge, items.map(sampledTree))),
      dispose: async () => {
        set.dispose();
        score.dispose();
      },
    };
  } catch (error) {
    score.dispose();
    throw error;
  }
}

function rewardsBy(model: CausalLM, trees: readonly Tree[]): number[] {
  return scoreRewards(model, trees).map(([reward = Number.NaN]) => reward);
}

/** The very tokens that were sampled. */
function sampledTree({ trunk, ids, row }: RewardItem): Tree {
  const origin = { file: 'rollout', row };
  return { trunk: Int32Array.from(trunk), branches: [{ ids: Int32Array.from(ids) }], origin };
}

/** The text as the reward model's own tokenizer and template have it. */
function textTree({ messages, response, row }: RewardItem, judge: LoadedModel): Tree {
  const { trunk, responses } = render(messages, [response], judge);
  const ids = (responses[0] ?? []).slice(0, judge.model.sizes.positions - 1);
  const room = judge.model.sizes.positions - ids.length;
  return {
    trunk: Int32Array.from(cutTrunk(trunk, room, judge.tokenizer.bos)),
    branches: [{ ids: Int32Array.from(ids) }],
    origin: { file: 'rollout', row },
  };
}

const PROBE = [{ role: 'user', content: 'Is 12,5 % of “Größe” more than two of three?\n' }];

/** Whether two models read a conversation as the same tokens. */
function readsAlike(a: LoadedModel, b: LoadedModel): boolean {
  const ids = (model: LoadedModel): string => {
    const { trunk, responses } = render(PROBE, ['No, and “that” is fine.'], model);
    return [...trunk, -1, ...(responses[0] ?? [])].join();
  };
  return a.tokenizer.vocabularySize === b.tokenizer.vocabularySize && ids(a) === ids(b);
}
