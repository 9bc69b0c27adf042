import { aside } from '../../adapters/aside.js';
import { loadAdapter } from '../../adapters/peft-folder.js';
import { render } from '../../data/render.js';
import { RowProblem } from '../../data/sources/source-row.js';
import type { Tree } from '../../data/tree.js';
import { cutTrunk } from '../../data/truncate.js';
import type { RewardJudgeConfig } from '../../feedback/config.js';
import { openLocal } from '../../feedback/open-judge.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { LoadedModel } from '../../models/load-model.js';
import { SCORE } from '../../models/reward-head.js';
import { Parameter } from '../../nn/parameter.js';
import { scoreRewards } from '../../scoring/score-rewards.js';
import { scope, zeros } from '../../torch/index.js';
import type { Ground } from './loop.js';
import type { Rewarded, Rewarder, RewardItem } from './rewards.js';

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
    return onPolicysBase(source.adapter, source.maxLength, loaded);
  const judge = await openLocal(source, { work: loaded.model.store.work }, { head: 'score' });
  const room = roomOf(judge.loaded.model, source.maxLength);
  const alike = readsAlike(judge.loaded, loaded);
  const reads = (item: RewardItem) =>
    alike ? sampledTree(item, room, judge.loaded) : textTree(item, room, judge.loaded);
  return {
    name,
    score: async (items) => rewardsBy(judge.loaded.model, items.map(reads)),
    dispose: async () => judge.dispose(),
  };
}

function onPolicysBase(adapter: string, maxLength: number, loaded: LoadedModel): Rewarder {
  const { model } = loaded;
  const room = roomOf(model, maxLength);
  const width = model.head.weight.shape[1] ?? 0;
  const score = scope(
    () => new Parameter(SCORE, zeros([1, width], { dtype: 'float32', device: model.head.weight.device })),
  );
  try {
    const set = aside(model.store, () => loadAdapter(model.store, adapter, score));
    const judge: CausalLM = { ...model, score };
    return {
      name: adapter,
      score: async (items) =>
        set.within(() =>
          rewardsBy(
            judge,
            items.map((item) => sampledTree(item, room, loaded)),
          ),
        ),
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

/** Most tokens of a prompt with its response. */
function roomOf({ sizes }: CausalLM, maxLength: number): number {
  return sizes.learnedPositions ? Math.min(maxLength, sizes.positions) : maxLength;
}

/** Rewards of what could be read. */
function rewardsBy(model: CausalLM, read: readonly (Tree | { readonly failure: string })[]): Rewarded[] {
  const trees = read.flatMap((one) => ('failure' in one ? [] : one));
  const rewards = scoreRewards(model, trees).values();
  return read.map((one) => ('failure' in one ? one : (rewards.next().value?.[0] ?? Number.NaN)));
}

/** The very tokens that were sampled. */
function sampledTree({ trunk, ids, row }: RewardItem, room: number, { tokenizer }: LoadedModel): Tree {
  return fitted(Array.from(trunk), Array.from(ids), { row, room, bos: tokenizer.bos });
}

/** The text as the reward model's own tokenizer and template have it; one that was cut off has no end here either. */
function textTree(
  { asked, response, ended, row }: RewardItem,
  room: number,
  judge: LoadedModel,
): Tree | { readonly failure: string } {
  try {
    const { trunk, responses } = render(asked, [response], judge);
    const ids = [...(responses[0] ?? [])];
    const last = ids.at(-1);
    if (!ended && ids.length > 1 && last !== undefined && judge.endIds.includes(last)) ids.pop();
    if (trunk.length === 0 || ids.length === 0) return { failure: 'the reward model finds nothing to read' };
    return fitted(trunk, ids, { row, room, bos: judge.tokenizer.bos });
  } catch (error) {
    if (error instanceof RowProblem) return { failure: `the reward model cannot read it: ${error.message}` };
    throw error;
  }
}

/** At most `room` tokens: the prompt is cut from its start, a response that is longer by itself at its end. */
function fitted(
  trunk: readonly number[],
  response: readonly number[],
  { row, room, bos }: { readonly row: number; readonly room: number; readonly bos: number | undefined },
): Tree {
  const ids = Int32Array.from(response.slice(0, room - 1));
  return {
    trunk: Int32Array.from(cutTrunk(trunk, room - ids.length, bos)),
    branches: [{ ids }],
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
