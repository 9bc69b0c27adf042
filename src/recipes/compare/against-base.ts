import { holm } from '../../statistics/holm.js';
import { mean } from '../../statistics/moments.js';
import { type PairedTest, pairedT } from '../../statistics/paired-t.js';

/** What was measured on the test part: the deciding measure of each pair, seed by seed. */
export type TestRows = readonly (readonly number[])[];

/** A paired test whose p-value is corrected for the number of methods. */
export interface CorrectedTest extends PairedTest {
  /** By Holm's rule; NaN where there is no p. */
  readonly corrected: number;
}

/** A method against the base, on the same pairs with the same seeds. */
export interface AgainstBase {
  readonly entry: string;
  /** Over seeds: would it come out so again, trained anew? Without spread, and so without an answer, where there is one seed. */
  readonly bySeed: CorrectedTest;
  /** Over pairs, each the mean of all seeds: would it come out so on other pairs? */
  readonly byPair: CorrectedTest;
  /** `open` unless both say the same, each below 5 % after correction. */
  readonly outcome: 'better' | 'worse' | 'open';
}

/** Compares each method with the base. All have the same seeds and the same pairs. */
export function againstBase(base: TestRows, others: ReadonlyMap<string, TestRows>): AgainstBase[] {
  const names = [...others.keys()];
  const bySeed = names.map((name) => pairedT(differences(meansOf(others.get(name) ?? []), meansOf(base))));
  const byPair = names.map((name) => pairedT(differences(pairMeans(others.get(name) ?? []), pairMeans(base))));
  const [seedP, pairP] = [holm(bySeed.map(({ p }) => p)), holm(byPair.map(({ p }) => p))];
  return names.flatMap((entry, at) => {
    const [seeds, pairs] = [bySeed[at], byPair[at]];
    if (seeds === undefined || pairs === undefined) return [];
    const bySeedTest = { ...seeds, corrected: seedP[at] ?? Number.NaN };
    const byPairTest = { ...pairs, corrected: pairP[at] ?? Number.NaN };
    return [{ entry, bySeed: bySeedTest, byPair: byPairTest, outcome: outcomeOf(bySeedTest, byPairTest) }];
  });
}

const LEVEL = 0.05;

function outcomeOf(bySeed: CorrectedTest, byPair: CorrectedTest): AgainstBase['outcome'] {
  if (!(bySeed.corrected < LEVEL && byPair.corrected < LEVEL)) return 'open';
  return bySeed.difference.value > 0 ? 'better' : 'worse';
}

/** One number a seed. */
export function meansOf(rows: TestRows): number[] {
  return rows.map((ofSeed) => mean(ofSeed));
}

/** One number a pair. */
function pairMeans(rows: TestRows): number[] {
  return (rows[0] ?? []).map((_, at) => mean(rows.map((ofSeed) => ofSeed[at] ?? Number.NaN)));
}

function differences(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, at) => value - (b[at] ?? Number.NaN));
}
