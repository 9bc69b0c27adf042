import { z } from 'zod';
import { OrpoError } from '../errors.js';

/** How text is generated. */
export const generateOptions = z.strictObject({
  maxTokens: z.int().min(1).default(128).describe('Most tokens of a response'),
  temperature: z.number().min(0).default(0).describe('0 takes the likeliest token; higher draws more evenly'),
  topK: z.int().min(0).default(0).describe('Draw among this many likeliest tokens; 0: all'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Draw among the fewest tokens that together reach this probability'),
  repetitionPenalty: z.number().gt(0).default(1).describe('Above 1 makes tokens that occurred before less likely'),
  seed: z.int().min(0).default(0).describe('The same seed draws the same text'),
  batch: z.int().min(1).default(16).describe('Responses written at a time'),
  stop: z.array(z.string().min(1)).default([]).describe('Texts that end a response; they are left out of it'),
});

/** Generation settings with their defaults filled in. */
export type GenerateOptions = z.output<typeof generateOptions>;

/** Generation settings as people write them. */
export type GenerateOptionsInput = z.input<typeof generateOptions>;

/** Fills in the defaults. @throws OrpoError `config` naming the setting that is wrong. */
export function parseGenerateOptions(input: GenerateOptionsInput): GenerateOptions {
  const parsed = generateOptions.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.length ? `generation.${issue.path.join('.')}` : 'generation';
  throw new OrpoError(
    'config',
    `${where}: ${issue?.message ?? 'is not valid'}.`,
    `Settings: ${Object.keys(generateOptions.shape).join(', ')}.`,
  );
}
