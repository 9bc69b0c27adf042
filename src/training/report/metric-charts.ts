import type { Chart, Curve, Tone } from './line-chart.js';
import { type LogRecord, numberOf } from './run-records.js';

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

const main: readonly Group[] = [
  {
    title: 'Loss and its parts',
    about: 'What training lowers. The odds-ratio part counts lambda times in the loss.',
    curves: [
      { key: 'loss', name: 'loss', tone: 'blue' },
      { key: 'nll_loss', name: 'likelihood', tone: 'violet' },
      // the metric is the logarithm of a sigmoid; its negative is the part of the loss, before lambda
      { key: 'log_odds_ratio', name: 'odds ratio', tone: 'grey', sign: -1 },
    ],
  },
  {
    title: 'Log-probability of the answers',
    about: 'Mean a token, in nats. Chosen answers should become likelier than rejected ones.',
    curves: [
      { key: 'logps/chosen', name: 'chosen', tone: 'green' },
      { key: 'logps/rejected', name: 'rejected', tone: 'orange' },
    ],
  },
  {
    title: 'Reward margin',
    about: 'By how much the chosen answer is preferred. Above zero it is.',
    curves: [{ key: 'rewards/margins', name: 'margin', tone: 'green' }],
  },
  {
    title: 'Preference accuracy',
    about: 'In how many pairs the chosen answer has the higher reward.',
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

const rewards: Group = {
  title: 'Rewards',
  about: 'What the margin is the difference of.',
  curves: [
    { key: 'rewards/chosen', name: 'chosen', tone: 'green' },
    { key: 'rewards/rejected', name: 'rejected', tone: 'orange' },
  ],
};

/** Keys of a record that are no metrics. */
const OTHERS = new Set(['type', 'step', 'epoch', 'nonFinite']);

/** The charts of the metrics that people look at first; what the method does not measure is left out. */
export function mainCharts(metrics: readonly LogRecord[]): MetricChart[] {
  return main.flatMap((group) => draw(group, metrics));
}

/** Charts of all other metrics in the records, one each, so that whatever a method measures can be seen. */
export function otherCharts(metrics: readonly LogRecord[]): MetricChart[] {
  const known = new Set([...main, rewards].flatMap(({ curves }) => curves.map(({ key }) => key)));
  const keys = new Set(metrics.flatMap(Object.keys).filter((key) => !known.has(key) && !OTHERS.has(key)));
  const rest = [...keys].sort().map((key): Group => {
    const name = key.slice(key.lastIndexOf('/') + 1);
    return { title: key, about: '', curves: [{ key, name, tone: 'blue' }] };
  });
  return [rewards, ...rest].flatMap((group) => draw(group, metrics));
}

function draw({ title, about, curves, trend, share }: Group, metrics: readonly LogRecord[]): MetricChart[] {
  const drawn = curves
    .map(({ key, name, tone, sign = 1 }): Curve => {
      const points = (type: string) =>
        metrics
          .filter((record) => record.type === type && key in record && Number.isFinite(numberOf(record, 'step')))
          .map((record) => ({ x: numberOf(record, 'step'), y: sign * numberOf(record, key) }));
      return { name, tone, updates: points('step'), heldOut: points('eval') };
    })
    .filter(({ updates, heldOut }) => [...updates, ...heldOut].some(({ y }) => Number.isFinite(y)));
  return drawn.length === 0 ? [] : [{ title, about, curves: drawn, trend: trend ?? true, share: share ?? false }];
}
