import { z } from 'zod';
import type { CompareConfigInput } from '../../evaluation/comparison/config.js';
import { chosen, dataSettings, overrides, path, shared, trained } from '../sections.js';
import { measures } from './measures.js';

const { eval: _, ...readSettings } = dataSettings;

/** A share of the prompts, or a file. */
const part = (share: string, what: string) => path.default(share).describe(what);

const learningRates = z.array(z.number().positive()).min(1);

/** One method with what is searched for it; the other keys hold for all of its cells. */
const compared = chosen.extend({
  method: z.string().optional().describe('The method; the name of the entry when left out'),
  from: z.enum(['model', 'sft']).default('model').describe('Start from the model, or from the shared supervised stage'),
  learningRates: learningRates.optional().describe('Its own learning rates instead of the shared ones'),
  strength: z
    .union([z.literal(false), z.record(z.string(), z.array(z.number()).min(1))])
    .optional()
    .describe('Values of settings of its loss, such as {lambda: [0.1, 0.3]}; false searches learning rates alone'),
});

/** Methods compared after the same search for each. */
export const compare = z.strictObject({
  recipe: z.literal('compare'),
  ...shared.shape,
  data: z.strictObject({
    pairs: path.describe('Pairs, split into a part to train on, one to select on and one for the verdict'),
    validation: part('15%', 'Part that the best of each method is selected on: a share of the prompts, or a file'),
    test: part('15%', 'Part for the verdict, read once, for what was selected: a share of the prompts, or a file'),
    demonstrations: path.optional().describe('Prompts with a good answer each, for supervised training'),
    prompts: path.optional().describe('Prompts for methods that sample; those of the pairs when left out'),
    ...readSettings,
  }),
  methods: z
    .record(z.string().regex(/^[A-Za-z0-9][\w.-]*$/), compared)
    .describe('What is compared: a name each, with {} or what differs for it'),
  sft: trained
    .optional()
    .describe('One supervised stage for all methods with from: sft; part of their budget and cost'),
  learningRates: learningRates
    .optional()
    .describe(
      'Learning rates tried for each method; a third, once and three times training.learningRate when left out',
    ),
  strengths: z.int().min(1).max(20).default(3).describe("Values tried of each method's strength, about its default"),
  seeds: z
    .union([z.int().min(1).max(100), z.array(z.int().min(0)).min(1)])
    .default(3)
    .describe('Seeds of each cell, or how many from training.seed on'),
  budget: z
    .strictObject({
      steps: z.int().min(1).optional().describe('Updates of each cell, those of its supervised stage among them'),
      flops: z.number().positive().optional().describe('Floating-point operations of each cell instead of updates'),
    })
    .refine(({ steps, flops }) => (steps === undefined) !== (flops === undefined), {
      error: 'name either steps or flops',
    })
    .describe('The same for all cells'),
  halving: z
    .strictObject({
      eta: z.int().min(2).max(10).default(2).describe('One in so many of the settings of each method goes on'),
      rungs: z.int().min(2).max(8).default(3).describe('How often is looked, the end among them'),
    })
    .optional()
    .describe('Successive halving; all cells are trained to their end when left out'),
  select: z.enum(measures).default('accuracy').describe('Held-out measure that selects and decides'),
  base: z.string().optional().describe('Method that all others are tested against; sft when left out, else the first'),
  answers: overrides<Partial<CompareConfigInput>>()
    .optional()
    .describe(
      'Answers of the best of each method to the test prompts, as of `orpo compare`; judge says which is better',
    ),
  workers: z.int().min(1).max(64).default(1).describe('Processes that train cells side by side'),
});

export type CompareConfig = z.output<typeof compare>;
export type ComparedMethod = z.output<typeof compared>;
