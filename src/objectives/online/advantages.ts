import { mean, variance } from '../../statistics/moments.js';
import type { Sampled } from './online-method.js';

export interface GaeSettings {
  readonly gamma: number;
  readonly lambda: number;
}

/**
 * Generalised advantage estimation (arXiv 1506.02438, eq. 16) over the `n` tokens of one response:
 * δ_t = R_t + γ V_{t+1} - V_t, A_t = δ_t + γ λ A_{t+1}, with nothing after the end. Returns are A + V.
 */
export function generalisedAdvantages(
  rewards: ArrayLike<number>,
  values: ArrayLike<number>,
  { gamma, lambda }: GaeSettings,
): { readonly advantages: Float64Array; readonly returns: Float64Array } {
  const advantages = new Float64Array(rewards.length);
  const returns = new Float64Array(rewards.length);
  let next = 0;
  let after = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const value = values[t] ?? 0;
    next = (rewards[t] ?? 0) + gamma * after - value + gamma * lambda * next;
    advantages[t] = next;
    returns[t] = next + value;
    after = value;
  }
  return { advantages, returns };
}

/** All numbers shifted to mean 0 and scaled to variance 1 (with Bessel's correction), as TRL whitens. */
export function whitened(rows: readonly ArrayLike<number>[]): Float32Array[] {
  const all = rows.flatMap((row) => Array.from(row));
  const { mean: centre, variance: spread } = moments(all);
  const scale = 1 / Math.sqrt(spread + 1e-8);
  return rows.map((row) => Float32Array.from(row, (value) => (value - centre) * scale));
}

export interface Moments {
  readonly mean: number;
  /** With Bessel's correction; 0 for fewer than two numbers. */
  readonly variance: number;
}

export function moments(values: readonly number[]): Moments {
  return { mean: values.length === 0 ? 0 : mean(values), variance: values.length < 2 ? 0 : variance(values) };
}

/** The k1 estimate of the divergence from the reference over a response: Σ log π - log π_ref, nats. */
export function divergence({ logProbs, reference }: Pick<Sampled, 'logProbs' | 'reference'>): number {
  if (reference === undefined) return 0;
  let sum = 0;
  for (let t = 0; t < logProbs.length; t++) sum += (logProbs[t] ?? 0) - (reference[t] ?? 0);
  return sum;
}

/** Rewards less `weight` times the divergence, one a response. */
export function penalisedRewards(responses: readonly Sampled[], weight: number): number[] {
  return responses.map((response) => response.reward - (weight === 0 ? 0 : weight * divergence(response)));
}

/** Values of the responses to each prompt, as indices into `responses`. */
export function groupsOf(responses: readonly Pick<Sampled, 'group'>[]): number[][] {
  const groups = new Map<number, number[]>();
  responses.forEach(({ group }, index) => {
    const members = groups.get(group) ?? [];
    members.push(index);
    groups.set(group, members);
  });
  return [...groups.values()];
}

/** Leave-one-out baseline (arXiv 2402.14740, eq. 7): each value less the mean of the others in its group. */
export function leaveOneOut(values: readonly number[], groups: readonly (readonly number[])[]): number[] {
  const advantages = new Array<number>(values.length).fill(0);
  for (const members of groups) {
    const sum = members.reduce((total, index) => total + (values[index] ?? 0), 0);
    for (const index of members) {
      const value = values[index] ?? 0;
      advantages[index] = members.length < 2 ? 0 : value - (sum - value) / (members.length - 1);
    }
  }
  return advantages;
}

/** What every token of a response gets. */
export function spread(value: number, { length }: ArrayLike<number>): Float32Array {
  return new Float32Array(length).fill(value);
}
