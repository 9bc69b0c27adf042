import { setImmediate } from 'node:timers/promises';
import type { Tree } from '../../data/tree.js';
import type { GenerateOptionsInput } from '../../generation/config.js';
import { generateIds } from '../../generation/generate-ids.js';
import { responseText } from '../../generation/respond.js';
import type { ResponseText } from '../../generation/response-text.js';
import type { LoadedModel } from '../../models/load-model.js';
import { moments } from '../../objectives/online/advantages.js';
import { askedOf, type FiniteRewards, finiteRewards, type Rewarder, type RewardItem } from './rewards.js';
import type { SampledText } from './rollout-log.js';

/** A prompt with what the policy answered to it. */
export interface Answered {
  /** The prompt's tokens and the responses' as branches. */
  readonly tree: Tree;
  /** One a branch. */
  readonly rewards: readonly number[];
}

export interface SamplingOptions extends Pick<GenerateOptionsInput, 'maxTokens' | 'temperature' | 'batch' | 'seed'> {
  /** Responses to each prompt. */
  readonly samples: number;
  readonly signal: AbortSignal | undefined;
}

/** A response while its tokens come. */
interface Begun {
  readonly row: number;
  readonly text: ResponseText;
  readonly ids: number[];
  stop: SampledText['stop'];
}

/** Milliseconds of sampling after which signals are looked for. */
const PATIENCE = 50;

/**
 * Samples responses to prompts: a function of the weights, the prompts and the seed. Row by row, prompt by prompt. The
 * event loop turns on the way; the reason of an aborted signal is thrown.
 */
export async function sampleResponses(
  loaded: LoadedModel,
  prompts: readonly Tree[],
  { signal, ...options }: SamplingOptions,
): Promise<SampledText[]> {
  const { model, tokenizer, endIds } = loaded;
  const begun = prompts.flatMap(({ trunk, origin }) =>
    Array.from(
      { length: options.samples },
      (): Begun => ({
        row: origin.row,
        text: responseText(tokenizer, { ids: trunk, continued: true, spaceBefore: true }, []),
        stop: 'length',
        ids: [],
      }),
    ),
  );
  const trunks = prompts.map(({ trunk }) => trunk);
  let turned = performance.now();
  for (const { row, id, stop } of generateIds(model, trunks, { ...options, endIds })) {
    const response = begun[row];
    if (response === undefined) continue;
    response.ids.push(id);
    if (stop !== 'end') response.text.push(id);
    if (stop !== undefined) response.stop = stop;
    if (performance.now() - turned < PATIENCE) continue;
    await setImmediate();
    signal?.throwIfAborted();
    turned = performance.now();
  }
  return begun.map(({ row, text, stop, ids }) => {
    text.finish();
    return { row, text: text.text, stop, ids };
  });
}

/** Rewards of sampled responses, less the penalty of those that did not end. @throws OrpoError `reward` */
export async function rewardsOf(
  rewarder: Rewarder,
  prompts: readonly Tree[],
  responses: readonly SampledText[],
  { missingEnd, failedReward, signal }: RewardSettings,
): Promise<FiniteRewards> {
  const perPrompt = responses.length / prompts.length;
  const items = responses.map(({ row, text, stop, ids }, i): RewardItem => {
    const tree = prompts[Math.floor(i / perPrompt)];
    return {
      ...askedOf(tree?.asked ?? ''),
      response: text,
      ended: stop !== 'length',
      row,
      ids,
      trunk: tree?.trunk ?? [],
    };
  });
  const { rewards, failed } = await finiteRewards(rewarder, items, failedReward, signal);
  return { rewards: rewards.map((reward, i) => (items[i]?.ended === false ? reward - missingEnd : reward)), failed };
}

export interface RewardSettings {
  /** Taken off the reward of a response that did not end. */
  readonly missingEnd: number;
  readonly failedReward: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Prompts with their responses as trees. */
export function answeredTrees(
  prompts: readonly Tree[],
  responses: readonly SampledText[],
  rewards: readonly number[],
): Answered[] {
  const perPrompt = responses.length / prompts.length;
  return prompts.map(({ trunk, origin }, i) => {
    const own = responses.slice(i * perPrompt, (i + 1) * perPrompt);
    return {
      tree: { trunk, origin, branches: own.map(({ ids }) => ({ ids: Int32Array.from(ids) })) },
      rewards: rewards.slice(i * perPrompt, (i + 1) * perPrompt),
    };
  });
}

/** What every rollout says of itself. */
export function rolloutMetrics(
  responses: readonly SampledText[],
  { rewards, failed }: FiniteRewards,
): Record<string, number> {
  const { mean, variance } = moments(rewards);
  const share = (count: number): number => count / responses.length;
  return {
    reward: mean,
    reward_deviation: Math.sqrt(variance),
    response_tokens: share(responses.reduce((sum, { ids }) => sum + ids.length, 0)),
    unended: share(responses.filter(({ stop }) => stop === 'length').length),
    ...(failed > 0 ? { failed_rewards: failed } : {}),
  };
}

/** Best and worst branch of a prompt's answers, or undefined where all are alike. */
export function bestAndWorst(rewards: readonly number[]): readonly [number, number] | undefined {
  let best = 0;
  let worst = 0;
  rewards.forEach((reward, at) => {
    if (reward > (rewards[best] ?? 0)) best = at;
    if (reward < (rewards[worst] ?? 0)) worst = at;
  });
  return rewards[best] === rewards[worst] ? undefined : [best, worst];
}
