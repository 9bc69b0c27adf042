import { setImmediate } from 'node:timers/promises';
import { evalSource } from '../data/config.js';
import { loadDataset } from '../data/dataset.js';
import { loadHeldOut } from '../data/held-out.js';
import type { RewardJudgeConfig } from '../feedback/config.js';
import type { Answer, Judge } from '../feedback/judge.js';
import { openJudge, openLocal } from '../feedback/open-judge.js';
import { parseGenerateOptions } from '../generation/config.js';
import { encodePrompt } from '../generation/encode-prompt.js';
import { respond } from '../generation/respond.js';
import { scorePairs, summarise } from '../scoring/score-pairs.js';
import { runFolder } from '../training/run-folder.js';
import type { StagedRecipe } from './parse-recipe.js';
import type { Stage, TrainStage } from './stage.js';

/** Most tokens of an answer, where no rollout says it. */
const MOST_TOKENS = 64;

/** A policy on the held-out pairs and their prompts, all policies of a recipe measured alike. */
export interface PolicyMeasure {
  /** Its stage; `start` for the model everything began with. */
  readonly policy: string;
  readonly pairs: number;
  /** Share of pairs whose chosen response has the higher mean log-prob. */
  readonly accuracy: number;
  /** Mean difference of the mean log-probs. */
  readonly margin: number;
  /** Mean reward of its likeliest answers by the recipe's reward model, where it has one. */
  readonly reward?: number;
}

interface Policy {
  readonly policy: string;
  readonly model: string;
  readonly adapter: string | undefined;
}

/** A policy's likeliest answers to the held-out prompts. */
type Answers = readonly Answer[];

/**
 * The start, what the recipe trained and what stands beside it, on the same held-out rows. Empty where nothing stands
 * beside or nothing was held out.
 *
 * @throws OrpoError as loading models and data do; the signal's reason when it is aborted
 */
export async function comparePolicies(
  { config, stages }: StagedRecipe,
  signal?: AbortSignal,
): Promise<PolicyMeasure[]> {
  const trained = stages.filter((stage) => stage.kind === 'train');
  const beside = trained.find((stage) => stage.beside);
  const product = trained.findLast((stage) => !stage.beside);
  if (beside === undefined || product === undefined || beside.config.data.eval === undefined) return [];
  const maxTokens = 'rollout' in product.config ? product.config.rollout.maxTokens : MOST_TOKENS;
  const start: Policy = { policy: 'start', model: config.model, adapter: undefined };
  const measured: { readonly measure: PolicyMeasure; readonly answers: Answers }[] = [];
  for (const policy of [start, policyOf(product), policyOf(beside)]) {
    // measuring computes without a pause, and signals are seen only between turns of the event loop
    await setImmediate();
    signal?.throwIfAborted();
    measured.push(await measure(policy, beside, maxTokens));
  }
  const judge = judgeOf(stages);
  if (judge === undefined) return measured.map((one) => one.measure);
  const opened = await openJudge(judge, { seed: config.training.seed });
  try {
    const rewarded: PolicyMeasure[] = [];
    for (const { measure: found, answers } of measured)
      rewarded.push({ ...found, reward: await meanReward(opened.judge, answers) });
    return rewarded;
  } finally {
    await opened.dispose();
  }
}

async function measure(policy: Policy, { config }: TrainStage, maxTokens: number) {
  const { loaded, dispose } = await openLocal({ ...policy, precision: 'fp32', offline: false }, {});
  try {
    const heldOut = async (shape: 'pair' | 'prompt') => {
      const { tokenizer, template, bos } = loaded;
      const { seed } = config.training;
      const options = { tokenizer, template, bos, shape, seed };
      const source = evalSource(config.data.eval);
      if (source !== undefined && 'file' in source)
        return (await loadHeldOut(source.file, config.data, options)).collection.trees;
      return (await loadDataset(config.data, options)).eval;
    };
    const scores = summarise(scorePairs(loaded.model, await heldOut('pair')));
    const asked = (await heldOut('prompt')).map((tree) => tree.asked ?? '');
    const prompts = asked.map((prompt) => encodePrompt(prompt, loaded));
    const responses = respond(loaded, prompts, parseGenerateOptions({ maxTokens }));
    const answers = asked.map((prompt, at) => ({ prompt, response: responses[at]?.text ?? '' }));
    return { measure: { policy: policy.policy, ...scores }, answers };
  } finally {
    dispose();
  }
}

/** Over the answers that can be read at all. */
async function meanReward(judge: Judge, answers: Answers): Promise<number> {
  const rewards: number[] = [];
  for (let at = 0; at < answers.length; at += judge.batch)
    for (const judged of await judge.score(answers.slice(at, at + judge.batch)))
      if ('value' in judged) rewards.push(judged.value.reward);
  return rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
}

function policyOf({ name, config }: TrainStage): Policy {
  const { adapter, model } = runFolder(config.output);
  return config.adapter === undefined
    ? { policy: name, model, adapter: undefined }
    : { policy: name, model: config.model, adapter };
}

/** The reward model that the recipe trained. */
function judgeOf(stages: readonly Stage[]): RewardJudgeConfig | undefined {
  for (const stage of stages) {
    if (stage.kind !== 'train' || !('reward' in stage.config)) continue;
    const { reward } = stage.config;
    if (typeof reward === 'object' && reward.kind === 'reward') return reward;
  }
  return undefined;
}
