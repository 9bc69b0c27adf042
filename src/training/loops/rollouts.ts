import type { Tree } from '../../data/tree.js';
import type { LoadedModel } from '../../models/load-model.js';
import { spanOver } from '../../torch/index.js';
import type { RolloutConfig } from '../config.js';
import type { Plan } from '../plan.js';
import type { FiniteRewards, Rewarder } from './rewards.js';
import { type Answered, answeredTrees, rewardsOf, rolloutMetrics, sampleResponses } from './rollout.js';
import { RolloutLog, type SampledText } from './rollout-log.js';

export interface RolloutParts {
  readonly loaded: LoadedModel;
  readonly plan: Plan;
  readonly heldOut: readonly Tree[];
  readonly rollout: RolloutConfig;
  readonly rewarder: Rewarder;
  /** Reward of a response that none could be had for; without it the run stops. */
  readonly failedReward: number | undefined;
  readonly seed: number;
  /** The file that keeps them. */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

/** What the policy answered to the prompts of one update, prompt by prompt. */
export interface Rollout {
  readonly prompts: readonly Tree[];
  readonly responses: readonly SampledText[];
  readonly rewarded: FiniteRewards;
}

/** Draws of evaluations may not be those of updates: no run has so many. */
const EVALUATION = 2 ** 39;

/** The rollouts of a run: sampled and rewarded once, then read from its folder. */
export class Rollouts {
  readonly #parts: RolloutParts;
  readonly #log: RolloutLog;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
    this.#log = new RolloutLog(parts.path, parts.loaded.model.store.work);
  }

  /** The rollout of update `step`. @throws OrpoError `reward`; what was sampled is kept then */
  async at(step: number): Promise<Rollout> {
    const { plan, rollout } = this.#parts;
    const prompts = await plan.batch(step);
    const responses = await this.#log.responses(step, () => this.#sample(prompts, rollout.responses, step));
    const rewarded = await this.#log.rewards(step, () => this.#reward(prompts, responses));
    return { prompts, responses, rewarded };
  }

  /** Metrics of one response to each held-out prompt, the same draws each time. */
  async evaluate(more: (answered: readonly Answered[]) => Record<string, number>): Promise<Record<string, number>> {
    const { heldOut } = this.#parts;
    const responses = await this.#sample(heldOut, 1, EVALUATION);
    const rewarded = await this.#reward(heldOut, responses);
    return { ...rolloutMetrics(responses, rewarded), ...more(answeredTrees(heldOut, responses, rewarded.rewards)) };
  }

  close(): void {
    this.#log.close();
  }

  #reward(prompts: readonly Tree[], responses: readonly SampledText[]): Promise<FiniteRewards> {
    const { rewarder, rollout, failedReward, signal } = this.#parts;
    const { missingEnd } = rollout;
    return spanOver('rewards', () => rewardsOf(rewarder, prompts, responses, { missingEnd, failedReward, signal }));
  }

  #sample(prompts: readonly Tree[], samples: number, draw: number): Promise<SampledText[]> {
    const { loaded, rollout, seed, signal } = this.#parts;
    const { maxTokens, temperature, batch } = rollout;
    const options = { samples, maxTokens, temperature, batch, signal, seed: (seed % 4096) * 2 ** 40 + draw };
    return spanOver('sampling', () => sampleResponses(loaded, prompts, options));
  }
}
