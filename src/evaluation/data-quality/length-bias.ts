import type { Interval } from '../../statistics/interval.js';
import { wilson } from '../../statistics/wilson.js';

/** What length alone tells of a preference. */
export interface LengthBias {
  /** Pairs compared. */
  readonly pairs: number;
  /** Of them, pairs of equal length. */
  readonly equal: number;
  /** Share of the other pairs whose chosen response is the longer one, with Wilson's interval; undefined without any. */
  readonly longerChosen: Interval | undefined;
  /** How often "the longer one is better" is right, a tie for half: what a judge gets that cannot read. */
  readonly accuracy: Interval;
}

/** Sums up the lengths of chosen and rejected responses; undefined without any. */
export function lengthBias(lengths: readonly (readonly [chosen: number, rejected: number])[]): LengthBias | undefined {
  if (lengths.length === 0) return undefined;
  const longer = lengths.filter(([chosen, rejected]) => chosen > rejected).length;
  const equal = lengths.filter(([chosen, rejected]) => chosen === rejected).length;
  const unequal = lengths.length - equal;
  return {
    pairs: lengths.length,
    equal,
    longerChosen: unequal === 0 ? undefined : wilson(longer, unequal),
    accuracy: wilson(longer + equal / 2, lengths.length),
  };
}
