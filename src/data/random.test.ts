import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, philox, shuffle, streams } from './random.js';

const hex = (words: readonly number[]): string => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  it.each([
    [[0, 0, 0, 0] as const, [0, 0] as const, '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff] as const,
      [0xffffffff, 0xffffffff] as const,
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const,
      [0xa4093822, 0x299f31d0] as const,
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('gives the known answers of its authors', (counter, key, words) => {
    expect(hex(philox(counter, key))).toBe(words);
  });
});

describe('createRandom', () => {
  const draw = (seed: number, stream: number, epoch?: number) => {
    const random = createRandom(seed, stream, epoch);
    return Array.from({ length: 9 }, () => random.uint32());
  };

  it('repeats itself and differs by seed, stream and epoch', () => {
    const all = [draw(1, 1), draw(2, 1), draw(1, 2), draw(1, 1, 1), draw(1 + 2 ** 32, 1)];
    expect(draw(1, 1)).toEqual(all[0]);
    expect(new Set(all.map(String)).size).toBe(all.length);
  });

  it('draws every number below a limit about equally often', () => {
    const random = createRandom(7, streams.order);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) {
      const n = random.below(7);
      counts[n] = (counts[n] ?? 0) + 1;
    }
    // 10,000 expected each; the standard deviation is 93
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(450);
  });
});

describe('shuffle', () => {
  it('keeps every item', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const sorted = [...items].sort((a, b) => a - b);
        const shuffled = shuffle([...items], createRandom(seed, 1));
        expect(shuffled.sort((a, b) => a - b)).toEqual(sorted);
      }),
    );
  });

  it('makes each order of three about equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = shuffle([0, 1, 2], createRandom(seed, 1)).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
