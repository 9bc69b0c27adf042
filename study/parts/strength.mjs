import { randomFrom, SUPPORT } from '../data.mjs';
import { lines } from '../figure.mjs';
import { chatModel } from '../models.mjs';
import { meanOf, table, withReach } from '../page.mjs';

export const about = {
  title: 'How strong: λ, β, and the odds against the probability ratio',
  claim:
    'A larger λ pushes the rejected answers down and widens the margin (appendix E); a temperature β sharpens it (arXiv 2502.01237); the probability ratio separates too sharply, which is why the paper takes the odds ratio (section 7.1).',
};

const LAMBDAS = [0.1, 0.5, 1, 2];
const BETAS = [0.5, 1, 2, 5];

export async function study(workshop) {
  const { updates, batch, evaluations, seeds } = workshop.scale.strength;
  const once = async (name, method, objective, seed) => {
    const { metrics, model } = await workshop.train(`strength-${name}-seed-${seed}`, {
      method,
      model: chatModel.model,
      adapter: { rank: 16, alpha: 32 },
      data: { train: SUPPORT.train, eval: SUPPORT.heldOut, maxLength: 384 },
      objective,
      training: {
        epochs: 50,
        maxSteps: updates,
        batch,
        learningRate: 4e-4,
        schedule: 'linear',
        warmup: 0.1,
        evaluateEvery: Math.ceil(updates / evaluations),
        samples: 0,
        seed,
      },
    });
    const { rows, margins, right } = await workshop.score(model, SUPPORT.heldOut);
    const side = (key) => rows.map(({ logps, tokens }) => logps[key] / tokens[key]);
    return { metrics, chosen: side('chosen'), rejected: side('rejected'), margin: margins, right };
  };
  /** Over held-out pairs, each the mean of its seeds; the curve is the first seed's. Undefined where there is no time. */
  const trained = async (what, name, method, objective) => {
    const made = [];
    for (const seed of seeds)
      if (workshop.allows(`${what}, seed ${seed}`, `strength-${name}-seed-${seed}`))
        made.push(await once(name, method, objective, seed));
    const [first] = made;
    if (first === undefined) return undefined;
    const over = (key) => meanOf(first[key].map((_, at) => meanOf(made.map((one) => one[key][at])).mean));
    const bySeed = made.map(({ margin }) => meanOf(margin).mean);
    const sides = { chosen: over('chosen'), rejected: over('rejected') };
    return { ...sides, margin: over('margin'), right: over('right'), bySeed, metrics: first.metrics };
  };
  const runs = [];
  const add = async (what, settings, ...args) => {
    const made = await trained(what, ...args);
    if (made !== undefined) runs.push({ what, ...settings, ...made });
  };
  for (const lambda of LAMBDAS) await add(`λ ${lambda}`, { lambda, beta: 1 }, `lambda-${lambda}`, 'orpo', { lambda });
  for (const beta of BETAS.filter((one) => one !== 1))
    await add(`λ 1, β ${beta}`, { lambda: 1, beta }, `beta-${beta}`, 'orpo', { lambda: 1, beta });
  const mean = { score: 'mean', form: 'logistic', nllWeight: 1, weight: 1, beta: 1 };
  await add('probability ratio, λ 1', {}, 'probability-ratio', 'grid', mean);
  const spread = ratios();
  const curve = (run) => ({
    name: run.what,
    points: run.metrics
      .filter(({ type }) => type === 'eval')
      .map((record) => [record.step, record['logps/chosen'] - record['logps/rejected']]),
  });
  if (runs.length === 0) return undefined;
  const byLambda = runs.filter(({ beta }) => beta === 1);
  const byBeta = runs.filter(({ lambda }) => lambda === 1).sort((a, b) => a.beta - b.beta);
  const probability = runs.find(({ lambda }) => lambda === undefined);
  return {
    figures: [
      lines('strength-lambda.svg', 'Margin of held-out pairs a token, by λ', 'update', byLambda.map(curve)),
      lines(
        'strength-beta.svg',
        'Margin by β, and by the probability ratio',
        'update',
        [...byBeta, ...(probability === undefined ? [] : [probability])].map(curve),
      ),
      spread.figure,
    ],
    tables: [
      table(
        ['', 'log-prob of chosen', 'log-prob of rejected', 'margin', 'accuracy', 'margin, seed by seed'],
        runs.map(({ what, chosen, rejected, margin, right, bySeed }) => [
          what,
          withReach(chosen),
          withReach(rejected),
          withReach(margin),
          withReach(right),
          bySeed.map((value) => value.toFixed(2)).join(', '),
        ]),
      ),
      `Means a token over ${runs[0].margin.n} held-out pairs, with 95 % intervals.`,
    ],
    found: [
      ...told('λ', byLambda, 'lambda'),
      ...told('β', byBeta, 'beta'),
      ...ratioAgainst(
        probability,
        byLambda.find(({ lambda }) => lambda === 1),
      ),
      `Of uniform probabilities the log probability ratio spreads by ${spread.probability.toFixed(2)}, the log odds ratio by ${spread.odds.toFixed(2)} (standard deviations of 50,000 draws; √2 and 2π/√6 in theory).`,
    ],
    limits: [
      `One model, one data set, one learning rate, ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}, ${updates} updates. Intervals are over pairs.`,
    ],
    numbers: {
      runs: runs.map(({ metrics: _, ...rest }) => rest),
      spread: { probability: spread.probability, odds: spread.odds },
    },
    seeds,
  };
}

/** What became of the margin and of the rejected answers as a setting grew. */
function told(letter, runs, key) {
  if (runs.length < 2) return [];
  const steps = (what) => runs.map((run) => run[what].mean.toFixed(2)).join(', ');
  const values = runs.map((run) => run[key]).join(', ');
  return [
    `With ${letter} ${values} the margin was ${steps('margin')}, the log-prob of the rejected ${steps('rejected')}.`,
  ];
}

function ratioAgainst(probability, odds) {
  if (probability === undefined || odds === undefined) return [];
  return [
    `The probability ratio in place of the odds ratio gave a margin of ${withReach(probability.margin)} instead of ${withReach(odds.margin)}, at a log-prob of the chosen answers of ${withReach(probability.chosen)} instead of ${withReach(odds.chosen)}.`,
  ];
}

/** Section 7.1: both log ratios of pairs of uniform probabilities. */
function ratios() {
  const random = randomFrom(5);
  const draws = Array.from({ length: 50_000 }, () => [1 - random(), 1 - random()]);
  const logit = (p) => Math.log(p) - Math.log1p(-p);
  const finite = (values) => values.filter(Number.isFinite);
  const kinds = [
    { name: 'log probability ratio', values: finite(draws.map(([a, b]) => Math.log(a) - Math.log(b))) },
    { name: 'log odds ratio', values: finite(draws.map(([a, b]) => logit(a) - logit(b))) },
  ];
  const deviation = (values) => {
    const { mean } = meanOf(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  };
  const series = kinds.map(({ name, values }) => ({ name, points: histogram(values) }));
  return {
    figure: lines('strength-ratios.svg', 'Density of the ratios of uniform probabilities', 'log ratio', series),
    probability: deviation(kinds[0].values),
    odds: deviation(kinds[1].values),
  };
}

function histogram(values) {
  const [from, width, bins] = [-8, 0.5, 32];
  const counts = new Array(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor((value - from) / width);
    if (bin >= 0 && bin < bins) counts[bin]++;
  }
  return counts.map((count, bin) => [from + (bin + 0.5) * width, count / values.length / width]);
}
