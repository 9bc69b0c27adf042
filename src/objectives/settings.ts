import { z } from 'zod';

/** Settings that many methods share; each method gives its own default. */

export const betaSetting = (value: number) =>
  z.number().positive().default(value).describe('Sharpness: how fast the loss reacts to a difference of scores');

export const labelSmoothingSetting = (value = 0) =>
  z
    .number()
    .min(0)
    .lt(0.5)
    .default(value)
    .describe('Share of the pairs whose chosen and rejected are taken to be the wrong way round');

export const nllWeightSetting = (value: number) =>
  z.number().min(0).default(value).describe('Weight of the negative log-likelihood of the chosen responses');

export const nllSetting = (value: 'full' | 'response' = 'response') =>
  z
    .enum(['full', 'response'])
    .default(value)
    .describe('Tokens of the likelihood term: prompt and chosen response (full) or the response alone');

export const desirableSettings = {
  desirableWeight: z.number().positive().default(1).describe('Weight of liked responses'),
  undesirableWeight: z.number().positive().default(1).describe('Weight of disliked responses'),
};
