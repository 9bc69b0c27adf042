import type { DataConfig } from '../../data/config.js';
import type { Tree } from '../../data/tree.js';
import { OrpoError } from '../../errors.js';
import type { BoundOnline } from '../../objectives/online/online-method.js';
import { onlineMethods } from '../../objectives/online/registry.js';
import type { OnlineRunConfig } from '../config.js';
import type { TrainOptions } from '../events.js';
import { chooseReference, openReference } from '../reference.js';
import { type Critic, makeCritic } from './critic.js';
import { answersDivergence } from './divergence.js';
import type { Onlookers } from './experience.js';
import type { Ground, Loop, LoopPlan, OpenedLoop } from './loop.js';
import { openRewarder } from './open-rewarder.js';
import { pairingLoop } from './pairing-loop.js';
import type { Rewarder } from './rewards.js';
import type { Answered } from './rollout.js';
import { Rollouts } from './rollouts.js';
import { samplingLoop } from './sampling-loop.js';

/** @throws OrpoError `config` for a reference, an adapter or a reward that does not go with the method */
export function planOnline(config: OnlineRunConfig, options: TrainOptions): LoopPlan {
  const method: BoundOnline = onlineMethods[config.method].bind(config.objective);
  chooseReference(config, comparesWith(method), true);
  requireNoDropout(config);
  requireFittingRollout(config, method);
  requireReward(config, options);
  return {
    shape: 'prompt',
    // a critic's pass and the policy's own go through one model with other adapters
    recomputes: method.kind !== 'tokens',
    head: 'vocabulary',
    data: (loaded) => roomForAnswers(config, loaded),
    open: (ground) => open(config, method, ground, options),
  };
}

async function open(
  config: OnlineRunConfig,
  method: BoundOnline,
  ground: Ground,
  options: TrainOptions,
): Promise<OpenedLoop> {
  const { loaded, lora, dataset, plan, precision } = ground;
  const reference = await openReference({
    config,
    objective: { ...comparesWith(method), mismatched: false },
    precision,
    lora,
    model: loaded.model,
    fresh: true,
    modelPath: loaded.path,
    batches: none,
    signal: options.signal,
  });
  const kind = method.kind === 'tokens' ? method.critic : undefined;
  const { seed, microTokens, clip } = config.training;
  const dtype = precision.precision === 'bf16' ? 'bfloat16' : 'float32';
  let critic: Critic | undefined;
  let opened: Rewarder | undefined;
  const dispose = async () => {
    await opened?.dispose();
    critic?.dispose();
    reference?.dispose();
  };
  try {
    if (kind !== undefined) critic = await makeCritic({ kind, policy: loaded, adapter: config.adapter, dtype, seed });
    opened = await openRewarder(config, options, { loaded, lora });
  } catch (error) {
    await dispose();
    throw error;
  }
  const rewarder = opened;
  const { temperature } = config.rollout;
  const onlookers = { model: loaded.model, critic, frozen: reference?.within, temperature };
  // an adapter switched off costs nothing to hold, so evaluations compare with it whatever the method does
  const before: Onlookers['frozen'] =
    reference?.within ?? (lora && ((body) => lora.withDisabled(() => body(loaded.model))));
  const onEvaluation = (answered: readonly Answered[]) =>
    answersDivergence(answered, { ...onlookers, frozen: before }, microTokens);
  return {
    reference,
    critic: critic?.parameters ?? [],
    initialMemory: method.kind === 'tokens' ? method.initialMemory : method.objective.initialMemory,
    dispose,
    begin({ folder, trained, optimiser }): Loop {
      const rollouts = new Rollouts({
        loaded,
        plan,
        heldOut: dataset.eval,
        rollout: config.rollout,
        rewarder,
        failedReward: config.failedReward,
        seed,
        path: folder.rollouts,
        signal: options.signal,
      });
      if (method.kind === 'pairs') {
        const settings = { microTokens, clip };
        return pairingLoop({
          method,
          model: loaded.model,
          reference: reference?.score,
          rollouts,
          onEvaluation,
          trained,
          optimiser,
          settings,
        });
      }
      const { epochs, minibatches, maxTokens } = config.rollout;
      return samplingLoop({
        method,
        onlookers,
        rollouts,
        onEvaluation,
        trained,
        optimiser,
        settings: { microTokens, clip, seed, epochs, minibatches, maxTokens },
      });
    },
  };
}

/** Nothing is scored beforehand. */
async function* none(): AsyncGenerator<readonly Tree[]> {}

function comparesWith(method: BoundOnline): { readonly reference: boolean } {
  return { reference: method.kind === 'tokens' ? method.reference : method.objective.reference };
}

/** Prompts leave room for the longest response. */
function roomForAnswers({ data, rollout }: OnlineRunConfig, { model }: Parameters<LoopPlan['data']>[0]): DataConfig {
  const maxLength = Math.min(data.maxLength, model.sizes.positions);
  if (rollout.maxTokens < maxLength) return { ...data, maxLength, minResponse: rollout.maxTokens };
  throw new OrpoError(
    'config',
    `rollout.maxTokens is ${rollout.maxTokens}, which leaves no room for a prompt in ${maxLength} tokens.`,
    data.maxLength <= model.sizes.positions
      ? 'Raise data.maxLength, or lower it.'
      : 'Lower it: the model takes no more.',
  );
}

/** Ratios of probabilities would tell dropout from learning. */
function requireNoDropout({ adapter, method }: OnlineRunConfig): void {
  if (adapter === undefined || adapter.dropout === 0) return;
  throw new OrpoError(
    'config',
    `adapter.dropout is ${adapter.dropout}, but ${method} compares log-probs before and after an update.`,
    'Leave adapter.dropout out.',
  );
}

/** @throws OrpoError `config` for settings of the rollout that the method could not heed */
function requireFittingRollout({ method: name, rollout }: OnlineRunConfig, method: BoundOnline): void {
  const { responses, epochs, minibatches } = rollout;
  if (method.kind === 'pairs' && epochs * minibatches > 1)
    throw new OrpoError(
      'config',
      `rollout.${epochs > 1 ? 'epochs' : 'minibatches'} is ${Math.max(epochs, minibatches)}, but ${name} makes one update of a rollout.`,
      'Leave it out.',
    );
  if (method.kind === 'tokens' && method.compares && responses < 2)
    throw new OrpoError(
      'config',
      'objective.orpo compares the best response to a prompt with the worst, but rollout.responses is 1.',
      'Raise rollout.responses to at least 2, or leave objective.orpo out.',
    );
}

function requireReward({ reward, method }: OnlineRunConfig, options: TrainOptions): void {
  if (reward !== undefined || options.reward !== undefined) return;
  throw new OrpoError(
    'config',
    `"reward" is missing: ${method} learns from the rewards of its own responses.`,
    'Name a module with a reward function (reward: ./reward.ts), a reward model or a judge.',
  );
}
