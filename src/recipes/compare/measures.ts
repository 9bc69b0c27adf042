import type { PairScore } from '../../scoring/score-pairs.js';

/**
 * What all methods can be measured by on held-out pairs; more is better. Losses cannot be compared, log-probs can.
 * `accuracy` and `margin` are of mean log-probs, the `sum` ones of sums; `chosen` is the chosen response's mean log-prob.
 */
export const measures = ['accuracy', 'margin', 'sumAccuracy', 'sumMargin', 'chosen'] as const;
export type Measure = (typeof measures)[number];

/** A measure of one pair; that of many is the mean. */
export function measureOf(measure: Measure, pair: PairScore): number {
  const chosen = pair.chosen / pair.chosenTokens;
  const margin = chosen - pair.rejected / pair.rejectedTokens;
  const sumMargin = pair.chosen - pair.rejected;
  switch (measure) {
    case 'accuracy':
      return hit(margin);
    case 'margin':
      return margin;
    case 'sumAccuracy':
      return hit(sumMargin);
    case 'sumMargin':
      return sumMargin;
    case 'chosen':
      return chosen;
  }
}

/** A model whose log-probs are no numbers is right about nothing. */
function hit(margin: number): number {
  return margin > 0 ? 1 : 0;
}

/** Whether a measure is a share of pairs. */
export function isShare(measure: Measure): boolean {
  return measure === 'accuracy' || measure === 'sumAccuracy';
}
