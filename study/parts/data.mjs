import { randomFrom, rowsOf, SUPPORT, shuffled, writeRows } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table, withReach } from '../page.mjs';

export const about = {
  title: 'How much data, and how clean',
  claim: 'DPO wants much data and IPO resists over-fitting (the source); wrong labels cost more than missing ones.',
};

const AMOUNTS = [50, 100, 216];
const NOISE = [0, 0.1, 0.2, 0.4];
const METHODS = ['orpo', 'dpo', 'ipo', 'kto'];

export async function study(workshop) {
  const { steps, seeds } = workshop.scale;
  const all = shuffled(rowsOf(SUPPORT.train), 3);
  const trained = async (name, method, rows) => {
    const { model } = await workshop.train(`data-${name}-${method}`, {
      method,
      model: chatModel.model,
      adapter: { rank: 16, alpha: 32 },
      data: { train: writeRows(workshop, `support-${name}.jsonl`, rows), maxLength: 384 },
      training: {
        epochs: 100,
        maxSteps: 2 * steps,
        // a pair is two labelled examples
        batch: method === 'kto' ? 16 : 8,
        learningRate: 2e-4,
        schedule: 'linear',
        warmup: 0.1,
        samples: 0,
        seed: seeds[0],
      },
    });
    const { margins, right } = await workshop.score(model, SUPPORT.heldOut);
    return { method, margin: meanOf(margins), right: meanOf(right) };
  };
  const amounts = [];
  for (const amount of AMOUNTS)
    for (const method of METHODS)
      if (workshop.allows(`${method} on ${amount} pairs`))
        amounts.push({ amount, ...(await trained(`of-${amount}`, method, all.slice(0, amount))) });
  const noise = [];
  for (const share of NOISE)
    for (const method of METHODS) {
      const known = share === 0 && amounts.find((run) => run.amount === all.length && run.method === method);
      if (known) noise.push({ share, ...known });
      else if (workshop.allows(`${method} with ${100 * share} % of the labels turned round`))
        noise.push({ share, ...(await trained(`noise-${100 * share}`, method, turned(all, share))) });
    }
  const series = (runs, key) =>
    METHODS.map((method) => ({
      name: method.toUpperCase(),
      points: runs.filter((run) => run.method === method).map((run) => [run[key], run.right.mean]),
    }));
  const rows = (runs, key, words) =>
    runs.map((run) => [words(run[key]), run.method, withReach(run.right), withReach(run.margin)]);
  const lost = METHODS.map((method) => {
    const of = (share) => noise.find((run) => run.method === method && run.share === share)?.right.mean ?? Number.NaN;
    return [method, of(0) - of(NOISE.at(-1))];
  }).filter(([, drop]) => Number.isFinite(drop));
  return {
    figures: [
      lines('data-amount.svg', 'Held-out accuracy by pairs', 'pairs', series(amounts, 'amount'), { share: true }),
      lines(
        'data-noise.svg',
        'Held-out accuracy by share of wrong labels',
        '% turned round',
        series(
          noise.map((run) => ({ ...run, share: 100 * run.share })),
          'share',
        ),
        { share: true },
      ),
    ],
    tables: [
      table(['pairs', 'method', 'accuracy', 'margin'], rows(amounts, 'amount', String)),
      table(
        ['wrong labels', 'method', 'accuracy', 'margin'],
        rows(noise, 'share', (share) => `${100 * share} %`),
      ),
    ],
    found: [
      lost.length === 0
        ? 'The time did not allow wrong labels.'
        : `With 40 % of the labels turned round, held-out accuracy fell by ${lost.map(([method, drop]) => `${(100 * drop).toFixed(0)} points (${method.toUpperCase()})`).join(', ')}.`,
    ],
    limits: [
      `Our own 216 support pairs, whose chosen and rejected answers differ much in style, so even few suffice; one seed; ${2 * steps} updates for every amount; one learning rate for all methods.`,
    ],
    numbers: { amounts, noise },
  };
}

/** The same rows, a share of them with chosen and rejected exchanged. */
function turned(rows, share) {
  const random = randomFrom(17);
  const marked = shuffled(
    rows.map((_, at) => at),
    Math.floor(random() * 2 ** 31),
  ).slice(0, Math.round(share * rows.length));
  const wrong = new Set(marked);
  return rows.map((row, at) => (wrong.has(at) ? { ...row, chosen: row.rejected, rejected: row.chosen } : row));
}
