import { createRandom, shuffle, streams } from './random.js';

/**
 * Which of the items are set aside for evaluation, as a function of seed, share and groups. Items of one group stay
 * together, so the share is met as closely as whole groups allow; with two groups or more both sides get something.
 *
 * @param groups group of each item, numbered from 0 without gaps
 */
export function splitGroups(groups: ArrayLike<number>, share: number, seed: number): boolean[] {
  let count = 0;
  for (let i = 0; i < groups.length; i++) count = Math.max(count, (groups[i] ?? 0) + 1);
  const sizes = new Int32Array(count);
  for (let i = 0; i < groups.length; i++) sizes[groups[i] ?? 0] = (sizes[groups[i] ?? 0] ?? 0) + 1;
  const target = Math.max(1, Math.round(groups.length * share));
  const chosen = new Set<number>();
  let taken = 0;
  const order = shuffle(
    Int32Array.from({ length: count }, (_, i) => i),
    createRandom(seed, streams.split),
  );
  for (const group of order) {
    const size = sizes[group] ?? 0;
    if (taken >= target || chosen.size >= count - 1) break;
    if (taken > 0 && taken + size > target) continue;
    chosen.add(group);
    taken += size;
  }
  return Array.from({ length: groups.length }, (_, i) => chosen.has(groups[i] ?? 0));
}
