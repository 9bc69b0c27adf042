import type { Chart, Curve, Tone } from '../../drawing/chart.js';
import { type MethodKind, methodWords, rewardMeaning } from './method-words.js';
import { type LogRecord, metricKeys, numberOf } from './run-records.js';

/** Metrics that belong on the same axes. */
interface Group {
  readonly title: string;
  /** What a reader should look for. */
  readonly about: string;
  readonly curves: readonly { readonly key: string; readonly name: string; readonly tone: Tone; readonly sign?: -1 }[];
  readonly trend?: false;
  readonly share?: true;
}

export interface MetricChart extends Chart {
  readonly about: string;
}

const ODDS_RATIO = 'log_odds_ratio';
const MORE_TONES: readonly Tone[] = ['teal', 'pink', 'orange', 'green'];

/** The charts of the metrics that people look at first; what the method does not measure is left out. */
export function mainCharts(metrics: readonly LogRecord[], method: MethodKind): MetricChart[] {
  return mainGroups(method, metricKeys(metrics)).flatMap((group) => draw(group, metrics));
}

/** Charts of all other metrics in the records, one each, so that whatever a method measures can be seen. */
export function otherCharts(metrics: readonly LogRecord[], method: MethodKind): MetricChart[] {
  const keys = metricKeys(metrics);
  const rewards = rewardsGroup(method);
  const known = new Set([...mainGroups(method, keys), rewards].flatMap(({ curves }) => curves.map(({ key }) => key)));
  const rest = [...keys]
    .filter((key) => !known.has(key))
    .sort()
    .map((key): Group => {
      const name = key.slice(key.lastIndexOf('/') + 1);
      return { title: key, about: '', curves: [{ key, name, tone: 'blue' }] };
    });
  return [rewards, ...rest].flatMap((group) => draw(group, metrics));
}

/** The chart that tells most of a run at one look; undefined when no log-probs were recorded. */
export function logProbChart(metrics: readonly LogRecord[], method: MethodKind): MetricChart | undefined {
  return draw(logProbGroup(method), metrics)[0];
}

function mainGroups(method: MethodKind, keys: ReadonlySet<string>): Group[] {
  const { margin, accuracy } = methodWords(method);
  return [
    ...(method.shape === 'prompt' ? rolloutGroups : []),
    lossGroup(keys),
    logProbGroup(method),
    { title: 'Reward margin', about: margin, curves: [{ key: 'rewards/margins', name: 'margin', tone: 'green' }] },
    {
      title: 'Preference accuracy',
      about: accuracy,
      curves: [{ key: 'rewards/accuracies', name: 'accuracy', tone: 'green' }],
      share: true,
    },
    {
      title: 'Gradient norm',
      about: 'Before clipping. Spikes are updates that the clip made smaller.',
      curves: [{ key: 'grad_norm', name: 'norm', tone: 'grey' }],
    },
    {
      title: 'Learning rate',
      about: 'As warm-up and schedule gave it.',
      curves: [{ key: 'learning_rate', name: 'rate', tone: 'grey' }],
      trend: false,
    },
  ];
}

/** What a method that samples is watched by. */
const rolloutGroups: readonly Group[] = [
  {
    title: 'Reward',
    about: 'Mean reward of the sampled answers, and how far they differ.',
    curves: [
      { key: 'reward', name: 'mean', tone: 'green' },
      { key: 'reward_deviation', name: 'deviation', tone: 'grey' },
    ],
  },
  {
    title: 'Divergence from the reference',
    about: 'Nats an answer. A reward that grows while this does not is learnt without forgetting.',
    curves: [{ key: 'kl', name: 'KL', tone: 'violet' }],
  },
  {
    title: 'Entropy',
    about: 'Nats a token: how open the model still is. Near zero it always writes the same.',
    curves: [{ key: 'entropy', name: 'entropy', tone: 'teal' }],
  },
  {
    title: 'Length of the answers',
    about: 'Tokens, the end included.',
    curves: [{ key: 'response_tokens', name: 'tokens', tone: 'grey' }],
  },
  {
    title: 'Answers cut off',
    about: 'How many did not end by themselves.',
    curves: [{ key: 'unended', name: 'cut off', tone: 'orange' }],
    share: true,
  },
];

/** The loss with its parts, those of a mixture of methods included. */
function lossGroup(keys: ReadonlySet<string>): Group {
  const parts = [...keys].filter((key) => key.endsWith('_loss') && key !== 'nll_loss').sort();
  const remark = keys.has(ODDS_RATIO) ? ' The odds-ratio part counts lambda times in the loss.' : '';
  return {
    title: 'Loss',
    about: `What training lowers.${remark}`,
    curves: [
      { key: 'loss', name: 'loss', tone: 'blue' },
      { key: 'nll_loss', name: 'likelihood', tone: 'violet' },
      // the metric is the logarithm of a sigmoid; its negative is the part of the loss, before lambda
      { key: ODDS_RATIO, name: 'odds ratio', tone: 'grey', sign: -1 },
      ...parts.map((key, i) => ({
        key,
        name: key.slice(0, -'_loss'.length),
        tone: MORE_TONES[i % MORE_TONES.length] ?? 'grey',
      })),
    ],
  };
}

function logProbGroup(method: MethodKind): Group {
  const { better, worse, logProbs } = methodWords(method);
  return {
    title: 'Log-probability of the answers',
    about: `${logProbs} In nats, by token or by answer as the method counts.`,
    curves: [
      { key: 'logps/chosen', name: better, tone: 'green' },
      { key: 'logps/rejected', name: worse, tone: 'orange' },
    ],
  };
}

function rewardsGroup(method: MethodKind): Group {
  const { better, worse } = methodWords(method);
  return {
    title: 'Rewards',
    about: rewardMeaning(method),
    curves: [
      { key: 'rewards/chosen', name: better, tone: 'green' },
      { key: 'rewards/rejected', name: worse, tone: 'orange' },
    ],
  };
}

function draw({ title, about, curves, trend, share }: Group, metrics: readonly LogRecord[]): MetricChart[] {
  const drawn: Curve[] = [];
  for (const { key, name, tone, sign = 1 } of curves) {
    const points = (type: string) =>
      metrics
        .filter((record) => record.type === type && key in record && Number.isFinite(numberOf(record, 'step')))
        .map((record) => ({ x: numberOf(record, 'step'), y: sign * numberOf(record, key) }));
    const curve: Curve = { name, tone, updates: points('step'), heldOut: points('eval') };
    const visible = [...curve.updates, ...curve.heldOut].some(({ y }) => Number.isFinite(y));
    // a part that is all of the loss would lie on it and hide it
    if (visible && !drawn.some((other) => sameValues(other, curve))) drawn.push(curve);
  }
  return drawn.length === 0 ? [] : [{ title, about, curves: drawn, trend: trend ?? true, share: share ?? false }];
}

function sameValues(a: Curve, b: Curve): boolean {
  const values = ({ updates, heldOut }: Curve): string => JSON.stringify([updates, heldOut]);
  return values(a) === values(b);
}
