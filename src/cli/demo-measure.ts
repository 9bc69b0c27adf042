import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { dataConfig } from '../data/config.js';
import { loadDataset } from '../data/dataset.js';
import { readRows } from '../data/sources/open-source.js';
import { generate } from '../generation/generate.js';
import { type PairScore, scorePairs, summarise } from '../scoring/score-pairs.js';
import { DEMO, heldOutFile } from './demo-config.js';
import { type ModelOptions, openModel } from './open-model.js';
import type { Output } from './output.js';

/** What the demo knows of a model: how it judges the held-out pairs, and what it answers. */
export const measurement = z.object({
  pairs: z.number(),
  accuracy: z.number(),
  margin: z.number(),
  /** Mean length of the answers. */
  tokens: z.number(),
  answers: z.array(z.string()),
});
export type Measurement = z.output<typeof measurement>;

const message = z.object({ role: z.string(), content: z.string() });
const row = z.looseObject({ prompt: z.array(message).min(1) });

/** Pairs scored between two turns of the event loop. */
const CHUNK = 8;

/** The held-out conversations that are answered before and after training. */
export async function demoQuestions(): Promise<z.output<typeof message>[][]> {
  const rows: z.output<typeof message>[][] = [];
  for await (const { value } of readRows(heldOutFile())) rows.push(row.parse(value).prompt);
  return DEMO.questions.map((place) => rows[place]).filter((prompt) => prompt !== undefined);
}

/** Scores the held-out pairs and answers the demo's questions. */
export async function measureModel(output: Output, options: ModelOptions): Promise<Measurement> {
  const opened = await openModel(output, options);
  try {
    const { loaded } = opened;
    const { tokenizer, template, bos } = loaded;
    const data = dataConfig.parse({ train: heldOutFile(), maxLength: DEMO.maxLength });
    const { train: trees } = await loadDataset(data, { tokenizer, template, bos, shape: 'pair' });
    const scores: PairScore[] = [];
    for (let start = 0; start < trees.length; start += CHUNK) {
      output.status(`scoring held-out pairs: ${start} of ${trees.length}`);
      scores.push(...scorePairs(loaded.model, trees.slice(start, start + CHUNK)));
      await setImmediate();
    }
    output.status('answering held-out questions');
    const answers = generate(loaded, await demoQuestions(), { ...DEMO.answer });
    return {
      ...summarise(scores),
      tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0) / Math.max(1, answers.length),
      answers: answers.map(({ text }) => text.trim()),
    };
  } finally {
    opened.dispose();
  }
}
