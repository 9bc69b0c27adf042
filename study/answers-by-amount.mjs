import { rowsOf } from './data.mjs';
import { chatModel } from './models.mjs';
import { compared, pairsFor, training } from './systems.mjs';

const FEWEST = 50;

/**
 * How often a judge prefers the written answers of a model trained on so many of our pairs to those of the model before
 * training, for each method: `{ method, amount, rate, low, high, n }`. The judge learnt from pairs that no method saw.
 * `train(method, name, { data, rows, batch, most })` trains one.
 */
export async function answersByAmount(workshop, methods, train) {
  const { steps, batch, answers, seeds } = workshop.scale;
  const { policy, judge, heldOut } = pairsFor(workshop, chatModel);
  const rows = rowsOf(policy);
  const systems = [`base=${chatModel.model}`];
  const made = [];
  for (const amount of [FEWEST, rows.length])
    for (const method of methods) {
      if (!workshop.allows(`answers of ${method} on ${amount} pairs`)) continue;
      const own = { data: `support-of-${amount}`, rows: rows.slice(0, amount), batch, most: rows.length };
      const { output } = await train(method, `answers-of-${amount}-${method}`, own);
      systems.push(`${method}-${amount}=${output}`);
      made.push({ method, amount });
    }
  if (made.length === 0) return [];
  const judging = await workshop.train('answers-judge', {
    method: 'reward',
    model: chatModel.model,
    data: { train: judge, maxLength: 384 },
    training: training({ parameters: chatModel.parameters, updates: 2 * steps, batch, seed: seeds[0] }),
  });
  const { contests } = await compared(
    workshop,
    { systems, judge: `reward:${judging.output}/model`, heldOut, label: `data-answers-${made.length}` },
    { samples: 1, temperature: 0.7, limit: answers, embeddings: 'none' },
  );
  return made.flatMap(({ method, amount }) => {
    const name = `${method}-${amount}`;
    const contest = contests.find(({ a, b }) => [a, b].includes(name) && [a, b].includes('base'));
    if (contest === undefined) return [];
    const { value, low, high } = contest.winRate.winRate;
    const turn = contest.a === name ? (rate) => rate : (rate) => 1 - rate;
    const [least, most] = [turn(low), turn(high)].sort((x, y) => x - y);
    return [{ method, amount, rate: turn(value), low: least, high: most, n: contest.winRate.n }];
  });
}
