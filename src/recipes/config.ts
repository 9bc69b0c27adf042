import { z } from 'zod';
import type { FeedbackConfigInput, sampleConfig } from '../feedback/config.js';
import { type CompareConfig, compare } from './compare/config.js';
import { chosen, dataSettings, overrides, path, shared, trained } from './sections.js';

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
export const recipeConfig = z.discriminatedUnion('recipe', [rlhf, spin, rlaif, compare]);

/** A recipe with the defaults of what its stages share filled in. */
export type RecipeConfig = z.output<typeof recipeConfig>;
/** A recipe as people write it. */
export type RecipeConfigInput = z.input<typeof recipeConfig>;
export type RlhfConfig = z.output<typeof rlhf>;
export type RlaifConfig = z.output<typeof rlaif>;
export type SpinConfig = z.output<typeof spin>;
export type StagedConfig = Exclude<RecipeConfig, CompareConfig>;

/** Whether a configuration is one of a recipe, right or wrong. */
export function isRecipe(config: unknown): boolean {
  return typeof config === 'object' && config !== null && 'recipe' in config;
}

/** Types a recipe written in TypeScript. */
export function defineRecipe(config: RecipeConfigInput): RecipeConfigInput {
  return config;
}
