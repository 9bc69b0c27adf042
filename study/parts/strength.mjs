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
  const { steps, batch, seeds } = workshop.scale;
  const trained = async (name, method, objective) => {
    const { metrics, model } = await workshop.train(`strength-${name}`, {
      method,
      model: chatModel.model,
      adapter: { rank: 16, alpha: 32 },
      data: { train: SUPPORT.train, eval: SUPPORT.heldOut, maxLength: 384 },
      objective,
      training: {
        epochs: 50,
        maxSteps: 2 * steps,
        batch,
        learningRate: 4e-4,
        schedule: 'linear',
        warmup: 0.1,
        evaluateEvery: Math.ceil(steps / 2),
        samples: 0,
        seed: seeds[0],
      },
    });
    const { rows, margins, right } = await workshop.score(model, SUPPORT.heldOut);
    const side = (key) => meanOf(rows.map(({ logps, tokens }) => logps[key] / tokens[key]));
    return {
      name,
      metrics,
      chosen: side('chosen'),
      rejected: side('rejected'),
      margin: meanOf(margins),
      right: meanOf(right),
    };
  };
  const runs = [];
  for (const lambda of LAMBDAS)
    if (workshop.allows(`λ = ${lambda}`))
      runs.push({ what: `λ ${lambda}`, ...(await trained(`lambda-${lambda}`, 'orpo', { lambda })) });
  for (const beta of BETAS.filter((one) => one !== 1))
    if (workshop.allows(`β = ${beta}`))
      runs.push({ what: `λ 1, β ${beta}`, ...(await trained(`beta-${beta}`, 'orpo', { lambda: 1, beta })) });
  if (workshop.allows('the probability ratio'))
    runs.push({
      what: 'probability ratio, λ 1',
      ...(await trained('probability-ratio', 'grid', {
        score: 'mean',
        form: 'logistic',
        nllWeight: 1,
        weight: 1,
        beta: 1,
      })),
    });
  const spread = ratios();
  const curve = (run) => ({
    name: run.what,
    points: run.metrics
      .filter(({ type }) => type === 'eval')
      .map((record) => [record.step, record['logps/chosen'] - record['logps/rejected']]),
  });
  const rising = isRising(runs.slice(0, LAMBDAS.length).map(({ margin }) => margin.mean));
  return {
    figures: [
      lines(
        'strength-lambda.svg',
        'Margin of held-out pairs a token, by λ',
        'update',
        runs.filter(({ what }) => /^λ [\d.]+$/.test(what)).map(curve),
      ),
      lines(
        'strength-beta.svg',
        'Margin by β, and by the probability ratio',
        'update',
        runs.filter(({ what }) => !/^λ (0.1|0.5|2)$/.test(what)).map(curve),
      ),
      spread.figure,
    ],
    tables: [
      table(
        ['', 'log-prob of chosen', 'log-prob of rejected', 'margin', 'accuracy'],
        runs.map(({ what, chosen, rejected, margin, right }) => [
          what,
          withReach(chosen),
          withReach(rejected),
          withReach(margin),
          withReach(right),
        ]),
      ),
      `Means a token over ${runs[0]?.margin.n ?? 0} held-out pairs, with 95 % intervals.`,
    ],
    found: [
      `With λ from ${LAMBDAS[0]} to ${LAMBDAS.at(-1)} the margin ${rising ? 'grew each time' : 'did not grow each time'}.`,
      `Of uniform probabilities the log probability ratio spreads by ${spread.probability.toFixed(2)}, the log odds ratio by ${spread.odds.toFixed(2)} (standard deviations of 50,000 draws; √2 and 2π/√6 in theory).`,
    ],
    limits: [`One model, one data set, one learning rate, one seed, ${2 * steps} updates.`],
    numbers: {
      runs: runs.map(({ metrics: _, ...rest }) => rest),
      spread: { probability: spread.probability, odds: spread.odds },
    },
  };
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

function isRising(values) {
  return values.every((value, at) => at === 0 || value > values[at - 1]);
}
