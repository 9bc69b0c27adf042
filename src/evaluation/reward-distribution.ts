import { OrpoError } from '../errors.js';
import { cohensD, cohensDOfPairs } from '../statistics/cohens-d.js';
import { gaussianDensity } from '../statistics/gaussian-density.js';
import type { Interval } from '../statistics/interval.js';
import { mean, standardDeviation } from '../statistics/moments.js';
import { type PairedTest, pairedT } from '../statistics/paired-t.js';
import { quantile } from '../statistics/quantile.js';
import { wilson } from '../statistics/wilson.js';

/** One system's rewards, a number a prompt; all systems in the same order of prompts. */
export interface SystemRewards {
  readonly system: string;
  readonly rewards: readonly number[];
}

/** How a system's rewards lie, alone. */
export interface RewardSummary {
  readonly system: string;
  readonly n: number;
  readonly mean: number;
  /** Of the sample, with n - 1; NaN of one. */
  readonly sd: number;
  /** 5, 25, 50, 75 and 95%; the outer two are missing of fewer than 20 answers, which have no such tails. */
  readonly quantiles: Readonly<Record<'0.25' | '0.5' | '0.75', number>> & Partial<Record<'0.05' | '0.95', number>>;
  /** Density at `RewardDistributions.grid`; missing of fewer than 20 answers, or where all rewards are equal. */
  readonly density?: readonly number[];
  /** Against the base; the base itself has none. */
  readonly against?: RewardShift;
}

/** How far a system's rewards are from the base's, on the same prompts. */
export interface RewardShift {
  /** Paired: mean difference with its interval, t and p. */
  readonly paired: PairedTest;
  /** Cohen's d of the two samples: how far the distributions are apart. NaN where nothing spreads. */
  readonly cohensD: number;
  /** d of the paired differences: how sure a prompt gains. NaN where nothing spreads. */
  readonly cohensDOfPairs: number;
  /** Share of prompts with a higher reward than the base, ties by half, with Wilson's interval. */
  readonly higher: Interval;
  /**
   * Share of rewards under the base's 5th percentile, 5% where nothing changed, with Wilson's interval, which takes the
   * percentile as known; missing of fewer than 20 answers.
   */
  readonly lowTail?: Interval;
}

export interface RewardDistributions {
  /** Prompts; every figure is of so many answers a system. */
  readonly n: number;
  readonly base: string;
  /** Points at which densities are given, the same for all systems. */
  readonly grid: readonly number[];
  readonly systems: readonly RewardSummary[];
  /** What could not be said, and why, for people; empty when nothing is missing. */
  readonly missing: readonly string[];
}

/** A twentieth of so many answers is one answer. */
const ENOUGH = 20;
const POINTS = 128;

/**
 * Rewards of several systems' answers to the same prompts, as densities on one grid, quantiles, and shifts against the
 * first system, the base. Figures that too few answers cannot carry are left out and named in `missing`.
 *
 * @throws OrpoError `data` when there are no systems or two of one name, no prompts, unequal numbers of them, or a reward
 *   that is no number
 */
export function rewardDistributions(systems: readonly SystemRewards[]): RewardDistributions {
  const base = checkSystems(systems);
  const n = base.rewards.length;
  const grid = gridOf(systems);
  const tail = quantile(sorted(base.rewards), 0.05);
  const summaries = systems.map(({ system, rewards }): RewardSummary => {
    const density = n < ENOUGH ? undefined : gaussianDensity(rewards, grid);
    return {
      system,
      n,
      mean: mean(rewards),
      sd: standardDeviation(rewards),
      quantiles: quantilesOf(rewards),
      ...(density === undefined ? {} : { density }),
      ...(system === base.system ? {} : { against: shift(rewards, base.rewards, tail) }),
    };
  });
  return { n, base: base.system, grid, systems: summaries, missing: missingOf(n, summaries) };
}

function shift(rewards: readonly number[], base: readonly number[], tail: number): RewardShift {
  const n = rewards.length;
  const differences = rewards.map((reward, at) => reward - (base[at] ?? Number.NaN));
  const count = (wanted: (difference: number) => boolean): number => differences.filter(wanted).length;
  return {
    paired: pairedT(differences),
    cohensD: cohensD(rewards, base),
    cohensDOfPairs: cohensDOfPairs(differences),
    higher: wilson(count((difference) => difference > 0) + count((difference) => difference === 0) / 2, n),
    ...(n < ENOUGH ? {} : { lowTail: wilson(rewards.filter((reward) => reward < tail).length, n) }),
  };
}

function quantilesOf(rewards: readonly number[]): RewardSummary['quantiles'] {
  const ordered = sorted(rewards);
  const middle = { '0.25': quantile(ordered, 0.25), '0.5': quantile(ordered, 0.5), '0.75': quantile(ordered, 0.75) };
  if (rewards.length < ENOUGH) return middle;
  return { '0.05': quantile(ordered, 0.05), ...middle, '0.95': quantile(ordered, 0.95) };
}

/** Evenly from the lowest to the highest reward of all, with a sixth of the range on either side for the tails. */
function gridOf(systems: readonly SystemRewards[]): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { rewards } of systems)
    for (const reward of rewards) {
      low = Math.min(low, reward);
      high = Math.max(high, reward);
    }
  const margin = high > low ? (high - low) / 6 : 1;
  const step = (high - low + 2 * margin) / (POINTS - 1);
  return Array.from({ length: POINTS }, (_, at) => low - margin + at * step);
}

function missingOf(n: number, summaries: readonly RewardSummary[]): string[] {
  if (n < ENOUGH)
    return [
      `${n} ${n === 1 ? 'answer' : 'answers'} a system are too few for a density, outer quantiles and a share under the base's 5th percentile; ${ENOUGH} are the least.`,
    ];
  return summaries
    .filter(({ density }) => density === undefined)
    .map(({ system }) => `All ${n} rewards of ${system} are equal, so there is no density.`);
}

function checkSystems(systems: readonly SystemRewards[]): SystemRewards {
  const [base] = systems;
  if (base === undefined || base.rewards.length === 0)
    throw new OrpoError('data', 'There are no rewards.', 'Score the answers of at least one system.');
  const names = new Set<string>();
  for (const { system, rewards } of systems) {
    if (names.has(system))
      throw new OrpoError('data', `Two systems are called ${system}.`, 'Give each a name of its own.');
    names.add(system);
    if (rewards.length !== base.rewards.length)
      throw new OrpoError(
        'data',
        `${system} has ${rewards.length} rewards and ${base.system} has ${base.rewards.length}.`,
        'Score the answers of all systems to the same prompts, in one order.',
      );
    const at = rewards.findIndex((reward) => !Number.isFinite(reward));
    if (at >= 0)
      throw new OrpoError(
        'data',
        `Reward ${at + 1} of ${system} is ${rewards[at]}.`,
        'Leave that prompt out for all systems.',
      );
  }
  return base;
}

function sorted(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}
