import { winRates } from './contests.mjs';
import { rowsOf } from './data.mjs';
import { chatModel } from './models.mjs';
import { meanOf } from './page.mjs';
import { compared, judgeOf, pairsFor } from './systems.mjs';

const BATCH = 4;

/**
 * How often a judge prefers the written answers of a model trained on so many of our pairs to those of the model before
 * training, for each method: `{ method, amount, right, rate, low, high, controlled, n }` with `right` the accuracy on the
 * held-out pairs; and how often the judge is right. It learnt from pairs that no method saw. `train(method, name, { data, rows, updates, batch, maxTokens })` trains one.
 */
export async function answersByAmount(workshop, methods, train) {
  const { amounts, prompts, judge: updates } = workshop.scale.answers;
  const pairs = pairsFor(workshop, chatModel);
  const rows = rowsOf(pairs.policy);
  const systems = [`base=${chatModel.model}`];
  const made = new Map();
  for (const amount of amounts)
    for (const method of methods) {
      const name = `answers-of-${amount}-${method}`;
      if (!workshop.allows(`answers of ${method} on ${amount} pairs`, name)) continue;
      const { output, model } = await train(method, name, {
        data: `support-of-${amount}`,
        rows: rows.slice(0, amount),
        updates: Math.ceil(amounts.at(-1) / BATCH),
        batch: BATCH,
        maxTokens: 96,
      });
      systems.push(`${method}-${amount}=${output}`);
      const { right } = await workshop.score(model, pairs.heldOut);
      made.set(`${method}-${amount}`, { method, amount, right: meanOf(right) });
    }
  if (made.size === 0) return { answers: [] };
  const judging = await judgeOf(workshop, 'answers-judge', chatModel, pairs, { updates, batch: BATCH, seed: 1 });
  const report = await compared(
    workshop,
    { systems, ...judging, heldOut: pairs.heldOut, label: `answers-by-amount-of-${made.size}` },
    { samples: 1, temperature: 0.7, limit: prompts, embeddings: 'none', against: 'base' },
  );
  const answers = winRates([report], 'base').map(({ against, rate, low, high, controlled, n }) => ({
    ...made.get(against),
    // as the trained one sees it
    rate: 1 - rate,
    low: 1 - high,
    high: 1 - low,
    n,
    ...(controlled !== undefined && { controlled: 1 - controlled }),
  }));
  return { answers, judge: judging };
}
