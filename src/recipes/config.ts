import { z } from 'zod';
import { adapterConfig } from '../adapters/config.js';
import { dataConfig } from '../data/config.js';
import type { FeedbackConfigInput, sampleConfig } from '../feedback/config.js';
import { trainingConfig } from '../training/config.js';

const path = z.string().min(1);
const { train: _, ...dataSettings } = dataConfig.shape;

/** Written over what the recipe shares, then checked by the schema of what it configures: nothing is described twice. */
const overrides = <T>() =>
  z.custom<T>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    error: 'must be a mapping of keys to values',
  });

/** The settings of one run where they differ from the shared ones. */
const trained = z.strictObject({
  adapter: z
    .union([adapterConfig, z.literal(false)])
    .optional()
    .describe('Its own adapter; false trains all weights'),
  objective: overrides<Readonly<Record<string, unknown>>>().optional().describe("Settings of the method's loss"),
  training: overrides<z.input<typeof trainingConfig>>().optional().describe('As in a run'),
  data: overrides<Partial<z.input<typeof dataConfig>>>().optional().describe('As in a run'),
  reference: z.string().optional().describe('As in a run'),
});

/** A run whose method may be chosen, one that samples its responses included. */
const chosen = trained.extend({
  method: z.string().optional().describe('Any method that learns from what this stage has'),
  rollout: overrides<Readonly<Record<string, unknown>>>().optional().describe('As in a run that samples'),
  reward: z
    .union([path, overrides<Readonly<Record<string, unknown>>>()])
    .optional()
    .describe('As in a run that samples'),
  rewardTimeout: z.number().optional().describe('As in a run that samples'),
  failedReward: z.number().optional().describe('As in a run that samples'),
});

const shared = z.strictObject({
  model: z.string().min(1).describe('What the first stage starts from'),
  adapter: adapterConfig.optional().describe('Train low-rank adapters; leave out to train all weights'),
  training: trainingConfig.prefault({}).describe('Settings of every stage'),
  output: path.describe('Folder of the recipe'),
});

const demonstrations = path.describe('Prompts with a good answer each');
const pairs = path.describe('Pairs of a chosen and a rejected answer');
const prompts = path.describe('Prompts to answer');

const rlhf = z.strictObject({
  recipe: z.literal('rlhf'),
  ...shared.shape,
  data: z.strictObject({
    demonstrations: demonstrations.optional(),
    pairs,
    prompts: prompts.optional().describe('Prompts to answer; those of the pairs when left out'),
    ...dataSettings,
  }),
  sft: z
    .union([z.literal(false), trained])
    .default({})
    .describe('Supervised stage; false leaves it out'),
  reward: trained.optional().describe('Reward model'),
  policy: chosen.default({}).describe('Method ppo, or any other; one that learns from pairs needs no reward model'),
  orpo: trained.optional().describe('ORPO in one stage from the same model on the same pairs, to stand beside'),
});

const rlaif = z.strictObject({
  recipe: z.literal('rlaif'),
  ...shared.shape,
  data: z.strictObject({ demonstrations: demonstrations.optional(), prompts, ...dataSettings }),
  sft: z
    .union([z.literal(false), trained])
    .default(false)
    .describe('Supervised stage before it; {} asks for one'),
  feedback: overrides<
    Partial<Omit<FeedbackConfigInput, 'sample'>> & { sample?: Partial<z.input<typeof sampleConfig>> }
  >().describe('Sampling and judging, as of `orpo judge`; judge is required'),
  reward: trained.optional().describe('Reward model'),
  policy: chosen.default({}).describe('Method ppo, or any other; one that learns from pairs needs no reward model'),
  orpo: trained.optional().describe('ORPO in one stage from the same model on the judged pairs, to stand beside'),
});

const spin = z.strictObject({
  recipe: z.literal('spin'),
  ...shared.shape,
  data: z.strictObject({
    demonstrations,
    limit: z.int().min(1).optional().describe('Rows to read at most'),
    ...dataSettings,
  }),
  rounds: z
    .union([z.int().min(1).max(99), z.array(chosen).min(1).max(99)])
    .default(2)
    .describe('How many, or the settings of each written over those of round'),
  sample: overrides<Partial<z.input<typeof sampleConfig>>>()
    .default({})
    .describe("How the model's own answers are drawn"),
  round: chosen.default({}).describe('Every round: method spin, odds-spin or any other that learns from pairs'),
});

/** Several runs in a row as one. The sections of its stages hold what differs from the shared settings. */
export const recipeConfig = z.discriminatedUnion('recipe', [rlhf, spin, rlaif]);

/** A recipe with the defaults of what its stages share filled in. */
export type RecipeConfig = z.output<typeof recipeConfig>;
/** A recipe as people write it. */
export type RecipeConfigInput = z.input<typeof recipeConfig>;
export type RlhfConfig = z.output<typeof rlhf>;
export type RlaifConfig = z.output<typeof rlaif>;
export type SpinConfig = z.output<typeof spin>;
export type TrainedSection = z.output<typeof trained>;
export type ChosenSection = z.output<typeof chosen>;

/** Whether a configuration is one of a recipe, right or wrong. */
export function isRecipe(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'recipe' in config;
}

/** Types a recipe written in TypeScript. */
export function defineRecipe(config: RecipeConfigInput): RecipeConfigInput {
  return config;
}
