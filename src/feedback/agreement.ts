import { bootstrap } from '../statistics/bootstrap.js';
import { cohensKappa } from '../statistics/cohens-kappa.js';
import type { Interval } from '../statistics/interval.js';
import { wilson } from '../statistics/wilson.js';

/** Which of two responses somebody prefers. */
export type Choice = 'first' | 'second' | 'tie';

const CHOICES: readonly Choice[] = ['first', 'second', 'tie'];

/** How far two raters say the same of the same pairs. */
export interface Agreement {
  readonly rows: number;
  /** Share of pairs with the same choice of three, with Wilson's interval. */
  readonly accuracy: Interval;
  /** Cohen's kappa over the three choices, with a bootstrap interval; NaN where one choice is all there is. */
  readonly kappa: Interval;
  /** The same share over pairs for which the first rater has a preference. */
  readonly decided: { readonly rows: number; readonly accuracy: Interval };
}

/** Compares a judge with people, pair by pair. The lists have one length, at least 1. */
export function agreement(people: readonly Choice[], judge: readonly Choice[], seed: number): Agreement {
  const decided = people.flatMap((choice, at) => (choice === 'tie' ? [] : [choice === judge[at]]));
  return {
    rows: people.length,
    accuracy: wilson(people.filter((choice, at) => choice === judge[at]).length, people.length),
    kappa: bootstrap(people.length, seed, (drawn) => {
      const pick = (of: readonly Choice[]): Choice[] => Array.from(drawn, (at) => of[at] ?? 'tie');
      return cohensKappa(pick(people), pick(judge));
    }),
    decided: { rows: decided.length, accuracy: wilson(decided.filter(Boolean).length, decided.length) },
  };
}

/** The choice of most annotators; undefined when no choice has more than every other. */
export function majority(choices: readonly Choice[]): Choice | undefined {
  const counts = CHOICES.map((choice) => choices.filter((one) => one === choice).length);
  const most = Math.max(...counts);
  return counts.filter((count) => count === most).length === 1 ? CHOICES[counts.indexOf(most)] : undefined;
}

/** What a probability of the first response says. */
export function choiceOf(probability: number): Choice {
  return probability > 0.5 ? 'first' : probability < 0.5 ? 'second' : 'tie';
}

/** How far a judge's answer depends on the order it sees. */
export interface PositionBias {
  readonly rows: number;
  /** Share of pairs for which both orders give the same choice. */
  readonly consistent: Interval;
  /** Mean probability of whatever stands first; .5 is none. */
  readonly firstPosition: number;
}

/** @param orders of each pair: probability of the first response shown first, and shown second; at least one pair */
export function positionBias(orders: readonly (readonly [number, number])[]): PositionBias {
  const same = orders.filter(([first, second]) => choiceOf(first) === choiceOf(second)).length;
  const lead = orders.reduce((sum, [first, second]) => sum + (first + 1 - second) / 2, 0);
  return { rows: orders.length, consistent: wilson(same, orders.length), firstPosition: lead / orders.length };
}
