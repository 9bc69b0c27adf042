import { z } from 'zod';
import { dataConfig } from '../../data/config.js';
import { sampleConfig } from '../../feedback/config.js';

const { eval: held, columns, onMalformed } = dataConfig.shape;

/** How a model's own answers to the prompts of demonstrations are written. */
export const answersConfig = z.strictObject({
  data: z.string().min(1).describe('Prompts with a real answer each'),
  eval: held,
  columns,
  onMalformed,
  limit: z.int().min(1).optional().describe('Rows to read at most'),
  sample: sampleConfig.extend({ samples: sampleConfig.shape.samples.unwrap().default(1) }),
  seed: z.int().min(0).describe('Decides the answers and which prompts are held out'),
  round: z.int().min(1).describe('Number of the round; each draws anew'),
  output: z.string().min(1),
});

export type AnswersConfig = z.output<typeof answersConfig>;
