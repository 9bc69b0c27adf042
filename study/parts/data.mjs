import { answersByAmount } from '../answers-by-amount.mjs';
import { minimalPairs, randomFrom, shuffled, supportPairs, writeRows } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table, withReach } from '../page.mjs';
import { selfPlay } from '../self-play.mjs';

export const about = {
  title: 'How much data, and how clean',
  claim: 'DPO wants much data and IPO resists over-fitting (the source); wrong labels cost more than missing ones.',
};

const NOISE = [0, 0.1, 0.2, 0.4];
const METHODS = ['orpo', 'dpo', 'ipo', 'kto', 'spin'];
/** Held-out pairs are short: more of them than elsewhere. */
const MORE = 20;

export async function study(workshop) {
  const { steps, seeds, heldOut } = workshop.scale;
  const {
    about: pairs,
    rows: all,
    amounts: sizes,
    batch,
    ...source
  } = minimalPairs(workshop, MORE * heldOut) ?? supportPairs(workshop.scale.batch);
  const most = sizes.at(-1);
  const adapter = { rank: 16, alpha: 32 };
  // as many for every amount, so many that the largest is seen whole
  const updatesFor = (amount, batch) => Math.max(2 * steps, Math.ceil(amount / batch));
  const training = (method, updates, batch) => ({
    epochs: 100,
    maxSteps: updates,
    // a pair is two labelled examples
    batch: method === 'kto' ? 2 * batch : batch,
    learningRate: 4e-4,
    schedule: 'linear',
    warmup: 0.1,
    samples: 0,
    seed: seeds[0],
  });
  /** Trains a method on rows, SPIN in rounds on the chosen ones alone: its folder and what `score` takes. */
  const train = async (name, method, { data, rows, updates, batch, maxTokens }) => {
    const { model } = chatModel;
    if (method !== 'spin')
      return workshop.train(name, {
        method,
        model,
        adapter,
        data: { train: writeRows(workshop, `${data}.jsonl`, rows), maxLength: 384 },
        training: training(method, updates, batch),
      });
    return selfPlay(workshop, name, {
      model,
      adapter,
      demonstrations: `${data}-demonstrations.jsonl`,
      pairs: rows,
      limit: rows.length,
      maxTokens,
      training: training(method, Math.ceil(updates / 2), batch),
    });
  };
  const trained = async (name, method, rows) => {
    const updates = updatesFor(most, batch);
    const made = { data: `pairs-${name}`, rows, updates, batch, maxTokens: 24 };
    const { model } = await train(`data-${name}-${method}`, method, made);
    const { margins, right } = await workshop.score(model, source.heldOut);
    return { method, margin: meanOf(margins), right: meanOf(right) };
  };
  const before = meanOf((await workshop.score(['--model', chatModel.model], source.heldOut)).right);
  const amounts = [];
  for (const amount of sizes)
    for (const method of METHODS)
      if (workshop.allows(`${method} on ${amount} pairs`))
        amounts.push({ amount, ...(await trained(`of-${amount}`, method, all.slice(0, amount))) });
  const noise = [];
  for (const share of NOISE)
    for (const method of METHODS) {
      const known = share === 0 && amounts.find((run) => run.amount === most && run.method === method);
      if (known) noise.push({ share, ...known });
      else if (workshop.allows(`${method} with ${100 * share} % of the labels turned round`))
        noise.push({ share, ...(await trained(`noise-${100 * share}`, method, turned(all.slice(0, most), share))) });
    }
  const answers = await answersByAmount(workshop, METHODS, (method, name, made) =>
    train(name, method, { ...made, updates: updatesFor(made.most, made.batch), maxTokens: 96 }),
  );
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
      ...(answers.length === 0 ? [] : [winTable(answers)]),
    ],
    found: [
      `Before training ${(100 * before.mean).toFixed(0)} % of ${before.n} held-out pairs are the right way round.`,
      ...best(amounts, sizes),
      ...won(answers),
      lost.length === 0
        ? 'The time did not allow wrong labels.'
        : `With 40 % of the labels turned round, held-out accuracy fell by ${lost.map(([method, drop]) => `${(100 * drop).toFixed(0)} points (${method.toUpperCase()})`).join(', ')}.`,
    ],
    limits: [
      `The pairs are ${pairs}. One seed; ${updatesFor(most, batch)} updates of ${batch} pairs for every amount, so that ${most} pairs are each seen once or more, and fewer the more often; one learning rate for all methods. SPIN takes the chosen answers alone and plays two rounds of half the updates against what it writes itself, so that a round sees half of the ${most} at most.`,
      'The answers are to our support questions, after training on our own pairs; their judge is a reward model of the same size that learnt from the other half of them, which no method saw, so that the most pairs are half of what there is.',
    ],
    numbers: { before, amounts, noise, answers },
  };
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;

function winTable(answers) {
  return table(
    ['pairs', 'method', 'win rate over the model before', '95 % interval', 'prompts'],
    answers.map(({ amount, method, rate, low, high, n }) => [
      amount,
      method,
      percent(rate),
      `${percent(low)} to ${percent(high)}`,
      n,
    ]),
  );
}

/** What the win rates with the fewest pairs and with the most say. */
function won(answers) {
  const amounts = [...new Set(answers.map(({ amount }) => amount))];
  return amounts.map((amount) => {
    const own = answers.filter((answer) => answer.amount === amount);
    const told = own.map(({ method, rate }) => `${method.toUpperCase()} ${percent(rate)}`);
    return `Written answers won against the model before training, with ${amount} pairs: ${told.join(', ')}.`;
  });
}

/** How the methods stand with the fewest pairs and with the most. */
function best(runs, sizes) {
  return [sizes[0], sizes.at(-1)].flatMap((amount) => {
    const own = runs.filter((run) => run.amount === amount);
    if (own.length === 0) return [];
    const told = own.map(({ method, right }) => `${method.toUpperCase()} ${(100 * right.mean).toFixed(0)} %`);
    return [`With ${amount} pairs: ${told.join(', ')}.`];
  });
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
