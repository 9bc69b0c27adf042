import type { ObjectiveShape } from '../../objectives/objective.js';

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

const words: Readonly<Record<ObjectiveShape, MethodWords>> = {
  pair,
  labelled: {
    better: 'liked',
    worse: 'disliked',
    logProbs: 'Liked answers should become likelier than disliked ones.',
    margin: 'Mean reward of liked less that of disliked answers. Above zero the liked ones are preferred.',
    accuracy: pair.accuracy,
  },
  ranked: {
    ...pair,
    better: 'best',
    worse: 'others',
    logProbs: 'Of the best answer of each ranking.',
    accuracy: 'How many pairs of a ranking are in the right order.',
  },
  text: {
    ...pair,
    better: 'answers',
    worse: 'others',
    logProbs: 'Of the answers that are learnt; likelier is better.',
  },
};

/** The words for a method that learns from data of a shape. */
export function methodWords(shape: ObjectiveShape): MethodWords {
  return words[shape];
}

/** What a reward is, for a method with or without a frozen reference. */
export function rewardMeaning(reference: boolean): string {
  return reference
    ? 'A reward is beta times how much likelier an answer became than under the frozen reference.'
    : 'A reward is the log-prob of an answer, times a factor of the method.';
}
