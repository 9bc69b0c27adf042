import type { BoundObjective, ObjectiveShape } from '../../objectives/objective.js';

/** What decides what a method's metrics mean. */
export type MethodKind = Pick<BoundObjective, 'shape' | 'reads' | 'reference'>;

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

const ofShape: Readonly<Record<ObjectiveShape, MethodWords>> = {
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
