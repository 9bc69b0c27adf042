import type { DataShape } from '../../data/shape.js';
import type { MethodNotes, Reading } from '../../objectives/objective.js';
import { onlineMethods } from '../../objectives/online/registry.js';
import { methods } from '../../objectives/registry.js';
import type { RunConfig } from '../config.js';

/** What decides what a method's metrics mean. */
export interface MethodKind {
  readonly shape: DataShape;
  readonly reads: Reading;
  readonly reference: boolean;
}

/** What a run's method is, and what people read about it. */
export function methodOf(config: RunConfig): { readonly kind: MethodKind; readonly notes: MethodNotes } {
  if (!('rollout' in config)) {
    const method = methods[config.method];
    return { kind: method.bind(config.objective), notes: method.notes };
  }
  const { notes, bind } = onlineMethods[config.method];
  const bound = bind(config.objective);
  const reference = bound.kind === 'tokens' ? bound.reference : bound.objective.reference;
  return { kind: { shape: 'prompt', reads: 'log-probs', reference }, notes };
}

/** How the two sides of a method's data are called, and what their metrics mean. */
export interface MethodWords {
  readonly better: string;
  readonly worse: string;
  readonly logProbs: string;
  readonly margin: string;
  readonly accuracy: string;
}

const pair: MethodWords = {
  better: 'chosen',
  worse: 'rejected',
  logProbs: 'Chosen answers should become likelier than rejected ones.',
  margin: 'Reward of chosen less that of rejected answers. Above zero the chosen one is preferred.',
  accuracy: 'In how many pairs the chosen answer has the higher reward.',
};

const ofShape: Readonly<Record<DataShape, MethodWords>> = {
  pair,
  labelled: {
    better: 'liked',
    worse: 'disliked',
    logProbs: 'Liked answers should become likelier than disliked ones.',
    margin: 'Mean reward of liked less that of disliked answers. Above zero the liked ones are preferred.',
    accuracy: pair.accuracy,
  },
  ranked: {
    better: 'best',
    worse: 'worse',
    logProbs: 'Of the best answer of each ranking.',
    margin: 'Reward of the better less that of the worse answer. Above zero their order is right.',
    accuracy: 'How many pairs of a ranking are in the right order.',
  },
  prompt: {
    ...pair,
    better: 'best',
    worse: 'worst',
    logProbs: 'Of the best and the worst of its own samples.',
  },
  text: { ...pair, better: 'answers', logProbs: 'Of the answers that are learnt; likelier is better.' },
};

export function methodWords({ shape, reads }: MethodKind): MethodWords {
  return reads === 'reward' ? { ...ofShape[shape], better: 'better' } : ofShape[shape];
}

/** What the method takes for the reward of an answer. */
export function rewardMeaning({ reads, reference }: MethodKind): string {
  if (reads === 'reward') return 'What the scalar head reads from the last token of an answer.';
  return reference
    ? 'A reward is beta times how much likelier an answer became than under the frozen reference.'
    : 'A reward is the log-prob of an answer, times a factor of the method.';
}
