import { z } from 'zod';
import { knownLanguages } from '../quality/language.js';
import { conflictKinds } from '../quality/opinions.js';

const alike = z.enum(['exact', 'near']);

/** The `data.filters` part of a configuration: which rows not to train on. What is left out filters nothing. */
export const filterConfig = z.strictObject({
  duplicates: alike
    .optional()
    .describe('Drop rows that repeat an earlier one: letter by letter (exact), or but for a few words too (near)'),
  similarity: z
    .number()
    .min(0.5)
    .max(1)
    .default(0.8)
    .describe('What near means: the Jaccard similarity of word 3-grams from which texts count as the same'),
  conflicts: z
    .enum(conflictKinds)
    .optional()
    .describe(
      'Drop rows that contradict each other: on the same two responses (pairs), or on a response that is chosen here and rejected there (responses)',
    ),
  promptLeaks: alike
    .optional()
    .describe(
      'Drop training rows whose prompt is in the data.eval file; where data.eval is a share, prompts near to each other stay on one side',
    ),
  responseLeaks: alike
    .optional()
    .describe('Drop training rows with a response of ten words or more that is in the data.eval file'),
  languages: z
    .array(z.enum(knownLanguages))
    .min(1)
    .optional()
    .describe(
      'Drop rows with a text in another language than these (ISO 639-1 codes); a text that cannot be told stays',
    ),
  controlTokens: z
    .boolean()
    .default(false)
    .describe("Drop rows whose text spells a control token of the tokenizer or a chat template's marker"),
  turns: z
    .boolean()
    .default(false)
    .describe('Drop conversations whose turns do not alternate, and responses that go on to speak for another'),
  lengthRatio: z
    .number()
    .min(1)
    .optional()
    .describe('Drop rows whose longest response has more than this many times the characters of the shortest'),
});

/** The filters with their defaults filled in. */
export type FilterConfig = z.output<typeof filterConfig>;

/** The filters as people write them. */
export type FilterConfigInput = z.input<typeof filterConfig>;
