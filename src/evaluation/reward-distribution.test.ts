import { describe, expect, it } from 'vitest';
import { rewardDistributions } from './reward-distribution.js';

const base = Array.from({ length: 100 }, (_, at) => Math.sin(at * 7) + at / 100);

describe('rewardDistributions', () => {
  it('finds a shift of all rewards, its size, and that the low tail emptied', () => {
    const { n, systems, grid, missing } = rewardDistributions([
      { system: 'sft', rewards: base },
      { system: 'orpo', rewards: base.map((reward, at) => reward + 1 + (at % 2) / 10) },
    ]);
    expect([n, missing]).toEqual([100, []]);
    const [sft, orpo] = systems;
    expect(sft?.against).toBeUndefined();
    expect(orpo?.against?.paired.difference.value).toBeCloseTo(1.05, 12);
    expect(orpo?.against?.cohensD).toBeCloseTo(1.05 / (sft?.sd ?? 0), 1);
    expect(orpo?.against?.cohensDOfPairs).toBeGreaterThan(10);
    expect(orpo?.against?.higher.value).toBe(1);
    expect(orpo?.against?.lowTail).toMatchObject({ value: 0, low: 0 });
    const step = (grid[1] ?? 0) - (grid[0] ?? 0);
    for (const { density = [] } of systems) {
      expect(density.reduce((sum, value) => sum + value * step, 0)).toBeCloseTo(1, 1);
    }
    const peak = (density: readonly number[] = []): number => grid[density.indexOf(Math.max(...density))] ?? 0;
    expect(peak(orpo?.density) - peak(sft?.density)).toBeCloseTo(1.05, 1);
  });

  it('leaves five of a hundred under the 5th percentile of the same rewards in another order', () => {
    const { systems } = rewardDistributions([
      { system: 'a', rewards: base },
      { system: 'b', rewards: [...base].reverse() },
    ]);
    expect(systems[1]?.against?.lowTail?.value).toBe(0.05);
    expect(systems[1]?.against?.cohensD).toBeCloseTo(0, 12);
    expect(systems[1]?.against?.paired.p).toBeGreaterThan(0.9);
  });

  it('says what three answers cannot tell', () => {
    const { n, systems, missing } = rewardDistributions([
      { system: 'a', rewards: [1, 2, 4] },
      { system: 'b', rewards: [2, 4, 7] },
    ]);
    expect(n).toBe(3);
    expect(missing).toEqual([expect.stringContaining('3 answers a system are too few for a density')]);
    expect(systems[1]).toMatchObject({ mean: 13 / 3, quantiles: { '0.5': 4 } });
    expect(systems[1]?.density).toBeUndefined();
    expect(systems[1]?.against?.lowTail).toBeUndefined();
    expect(Object.keys(systems[1]?.quantiles ?? {})).toEqual(['0.25', '0.5', '0.75']);
    expect(systems[1]?.against?.paired.difference.value).toBe(2);
  });

  it('names a system whose rewards are all equal', () => {
    const { missing, systems } = rewardDistributions([
      { system: 'a', rewards: base },
      { system: 'b', rewards: base.map(() => 3) },
    ]);
    expect(missing).toEqual(['All 100 rewards of b are equal, so there is no density.']);
    expect(systems[1]?.against?.paired.p).toBeLessThan(1e-10);
  });

  it.each([
    [[], 'There are no rewards.'],
    [[{ system: 'a', rewards: [] }], 'There are no rewards.'],
    [
      [
        { system: 'a', rewards: [1, 2] },
        { system: 'b', rewards: [1] },
      ],
      'b has 1 rewards and a has 2.',
    ],
    [
      [
        { system: 'a', rewards: [1] },
        { system: 'a', rewards: [1] },
      ],
      'Two systems are called a.',
    ],
    [[{ system: 'a', rewards: [1, Number.NaN] }], 'Reward 2 of a is NaN.'],
  ])('refuses %j', (systems, message) => {
    expect(() => rewardDistributions(systems)).toThrow(message);
  });
});
