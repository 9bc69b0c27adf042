import { answersByAmount } from '../answers-by-amount.mjs';
import { percent, WIN_RATE_HEAD, winRateCells } from '../contests.mjs';
import { minimalPairs, randomFrom, shuffled, supportPairs, writeRows } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table, withReach } from '../page.mjs';
import { selfPlay } from '../self-play.mjs';

export const about = {
  title: 'How much data, and how clean',
  claim: 'DPO wants much data and IPO resists over-fitting (the source); wrong labels cost more than missing ones.',
};

const METHODS = ['orpo', 'dpo', 'ipo', 'kto', 'spin'];

export async function study(workshop) {
  const { amounts, noise: shares, seeds } = workshop.scale.data;
  const { about: pairs, rows: all, batch, ...source } = minimalPairs(workshop) ?? supportPairs();
  const sizes = [...new Set(amounts.map((amount) => Math.min(amount, all.length)))];
  // as many updates for every amount, so many that the most are seen whole
  const most = sizes.at(-1);
  const updates = Math.ceil(most / batch);
  const trained = async (name, method, rows, seed) => {
    const { model } = await train(workshop, runName(name, method, seed), method, {
      data: `pairs-${name}`,
      rows,
      updates,
      batch,
      maxTokens: 24,
      seed,
    });
    return { method, seed, ...(await workshop.score(model, source.heldOut)) };
  };
  const before = meanOf((await workshop.score(['--model', chatModel.model], source.heldOut)).right);
  const [first] = seeds;
  const runs = [];
  const noisy = [];
  for (const seed of seeds) {
    for (const amount of sizes)
      for (const method of METHODS)
        if (workshop.allows(`${method} on ${amount} pairs, seed ${seed}`, runName(`of-${amount}`, method, seed)))
          runs.push({ amount, ...(await trained(`of-${amount}`, method, all.slice(0, amount), seed)) });
    // labels are turned round with the first seed alone
    if (seed !== first) continue;
    for (const share of shares)
      for (const method of METHODS)
        if (
          workshop.allows(`${method}, ${100 * share} % turned round`, runName(`noise-${100 * share}`, method, seed))
        ) {
          const rows = turned(all.slice(0, most), share);
          noisy.push({ share, ...(await trained(`noise-${100 * share}`, method, rows, seed)) });
        }
  }
  const byAmount = overSeeds(runs, 'amount');
  const clean = runs.filter(({ amount, seed }) => amount === most && seed === first);
  const noise = overSeeds([...clean.map((run) => ({ ...run, share: 0 })), ...noisy], 'share');
  const { answers, judge } = await answersByAmount(workshop, METHODS, (method, name, made) =>
    train(workshop, name, method, { ...made, seed: first }),
  );
  if (runs.length === 0 && answers.length === 0) return undefined;
  return {
    figures: [
      lines('data-amount.svg', 'Held-out accuracy by pairs', 'pairs', series(byAmount, 'amount', right), {
        share: true,
      }),
      lines(
        'data-noise.svg',
        'Held-out accuracy by wrong labels',
        '% turned round',
        series(noise, 'share', right, 100),
        {
          share: true,
        },
      ),
      ...(answers.length === 0
        ? []
        : [
            lines(
              'data-answers.svg',
              'Win rate over the model before, by pairs',
              'pairs',
              series(answers, 'amount', ({ rate }) => rate),
              { share: true },
            ),
          ]),
    ],
    tables: [
      table(
        ['pairs', 'method', 'accuracy', 'margin', 'accuracy, seed by seed'],
        byAmount.map((run) => [run.amount, run.method, ...cellsOf(run), run.bySeed.map(percent).join(', ')]),
      ),
      table(
        ['wrong labels', 'method', 'accuracy', 'margin'],
        noise.map((run) => [percent(run.share), run.method, ...cellsOf(run)]),
      ),
      ...(answers.length === 0
        ? []
        : [
            table(
              ['our pairs', 'method', 'accuracy', ...WIN_RATE_HEAD],
              answers.map((answer) => [answer.amount, answer.method, withReach(answer.right), ...winRateCells(answer)]),
            ),
          ]),
    ],
    found: [
      `Before training ${percent(before.mean)} of ${before.n} held-out pairs are the right way round.`,
      ...told(byAmount, (amount) => `With ${amount} pairs`, right),
      ...told(
        answers,
        (amount) => `Written answers won against the model before training, with ${amount} pairs`,
        ({ rate }) => rate,
      ),
      ...lost(noise),
    ],
    limits: [
      `The pairs are ${pairs}. ${seeds.length === 1 ? 'One seed' : `${seeds.length} seeds for the amounts, one for wrong labels and written answers`}; ${updates} updates of ${batch} pairs for every amount, so that ${most} pairs are each seen once or more, and fewer the more often; one learning rate for all methods, each loss at its defaults (ORPO's λ is 0.1). Intervals are over held-out pairs, each the mean of its seeds. SPIN takes the chosen answers alone and plays two rounds of half the updates against what it writes itself, so that a round sees half of the ${most} at most.`,
      `The answers are to our support questions, after training on our own pairs; their judge is a reward model of the same size that learnt from the other half of them, which no method saw, so that the most pairs are half of what there is.${judge === undefined ? '' : ` It has ${percent(judge.accuracy)} of the held-out pairs the right way round.`}`,
    ],
    numbers: { before, amounts: byAmount, noise, answers, judge: judge?.accuracy },
    seeds,
  };
}

/** Trains a method on rows, SPIN in rounds on the chosen ones alone: its folder and what `score` takes. */
async function train(workshop, name, method, { data, rows, updates, batch, maxTokens, seed }) {
  const { model } = chatModel;
  const adapter = { rank: 16, alpha: 32 };
  const training = {
    epochs: 100,
    maxSteps: updates,
    // a pair is two labelled examples
    batch: method === 'kto' ? 2 * batch : batch,
    learningRate: 4e-4,
    schedule: 'linear',
    warmup: 0.1,
    samples: 0,
    seed,
  };
  if (method !== 'spin')
    return workshop.train(name, {
      method,
      model,
      adapter,
      data: { train: writeRows(workshop, `${data}.jsonl`, rows), maxLength: 384 },
      training,
    });
  return selfPlay(workshop, name, {
    model,
    adapter,
    demonstrations: `${data}-demonstrations.jsonl`,
    pairs: rows,
    limit: rows.length,
    maxTokens,
    training: { ...training, maxSteps: Math.ceil(updates / 2) },
  });
}

const right = (run) => run.right.mean;
const runName = (name, method, seed) => `data-${name}-${method}-seed-${seed}`;

/** One row for each value of `key` and method: accuracy and margin over pairs, each pair the mean of its seeds. */
function overSeeds(runs, key) {
  const groups = new Map();
  for (const run of runs) {
    const name = `${run[key]} ${run.method}`;
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups.values()].map((own) => {
    const pairMeans = (what) => own[0][what].map((_, at) => meanOf(own.map((run) => run[what][at])).mean);
    return {
      [key]: own[0][key],
      method: own[0].method,
      right: meanOf(pairMeans('right')),
      margin: meanOf(pairMeans('margins')),
      bySeed: own.map((run) => meanOf(run.right).mean),
    };
  });
}

function cellsOf(run) {
  return [withReach(run.right), withReach(run.margin)];
}

function series(runs, key, heightOf, times = 1) {
  return METHODS.map((method) => ({
    name: method.toUpperCase(),
    points: runs.filter((run) => run.method === method).map((run) => [times * run[key], heightOf(run)]),
  }));
}

/** How the methods stand with the fewest pairs and with the most. */
function told(runs, words, heightOf) {
  const amounts = [...new Set(runs.map(({ amount }) => amount))];
  const ends = [...new Set([amounts[0], amounts.at(-1)])];
  return ends.flatMap((amount) => {
    const own = runs.filter((run) => run.amount === amount);
    if (own.length === 0) return [];
    return [
      `${words(amount)}: ${own.map((run) => `${run.method.toUpperCase()} ${percent(heightOf(run))}`).join(', ')}.`,
    ];
  });
}

/** What the most wrong labels cost. */
function lost(noise) {
  const most = Math.max(...noise.map(({ share }) => share));
  const drops = METHODS.flatMap((method) => {
    const of = (share) => noise.find((run) => run.method === method && run.share === share);
    const [clean, wrong] = [of(0), of(most)];
    if (most === 0 || clean === undefined || wrong === undefined) return [];
    return [`${(100 * (right(clean) - right(wrong))).toFixed(0)} points (${method.toUpperCase()})`];
  });
  if (drops.length === 0) return ['The time did not allow wrong labels.'];
  return [`With ${percent(most)} of the labels turned round, held-out accuracy fell by ${drops.join(', ')}.`];
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
