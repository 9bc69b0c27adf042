import { join } from 'node:path';
import { writeRows } from './data.mjs';

/**
 * SPIN in two rounds from the chosen answers of pairs: the model writes to their prompts itself and learns to tell those
 * answers from its own. What it cost, the seconds in which it wrote, the folder of the last round, and what `generate` and `score` take.
 */
export async function selfPlay(workshop, name, { model, adapter, demonstrations, pairs, limit, maxTokens, training }) {
  const rows = pairs.map(({ prompt, chosen }) => ({ prompt, completion: chosen }));
  const { output, summary, ...trained } = await workshop.recipe(name, {
    recipe: 'spin',
    model,
    ...(adapter === undefined ? {} : { adapter }),
    data: { demonstrations: writeRows(workshop, demonstrations, rows), limit, maxLength: 384 },
    sample: { maxTokens, batch: 16 },
    round: { reference: 'cached' },
    training,
  });
  const rounds = summary.stages.filter(({ updates }) => updates !== undefined);
  return {
    costs: rounds.map(({ folder }) => workshop.readJson(join(output, folder, 'result.json')).cost),
    answering: summary.stages.reduce((sum, { method, seconds }) => sum + (method === 'generate' ? seconds : 0), 0),
    output: join(output, rounds.at(-1).folder),
    model: trained.model,
  };
}
