import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { windowBatches } from './window-batches.js';

const random = (seed: number) => createRandom(seed, 6);
const length = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 3 });
const window = fc
  .array(length, { minLength: 1, maxLength: 200 })
  .filter((lengths) => lengths.some((one) => one !== undefined));
const batch = fc.integer({ min: 1, max: 9 });

describe('windowBatches', () => {
  it('keeps the sizes that a window of usable rows has, and leaves no usable row out', () => {
    fc.assert(
      fc.property(window, batch, fc.nat(), (lengths, size, seed) => {
        const batches = windowBatches(lengths, size, random(seed));
        const whole = windowBatches(
          lengths.map(() => 1),
          size,
          random(seed),
        );
        const sizes = (all: readonly (readonly number[])[]) => all.map((one) => one.length).sort((a, b) => a - b);
        expect(sizes(batches)).toEqual(sizes(whole));
        const seen = new Set(batches.flat());
        expect([...seen].sort((a, b) => a - b)).toEqual(
          lengths.flatMap((one, place) => (one === undefined ? [] : [place])),
        );
      }),
    );
  });

  it('gives every row once where all are usable', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 200 }),
        batch,
        (lengths, size) => {
          const places = windowBatches(lengths, size, random(3)).flat();
          expect(places.sort((a, b) => a - b)).toEqual(lengths.map((_, place) => place));
        },
      ),
    );
  });

  it('puts no row into a batch twice while others are left', () => {
    fc.assert(
      fc.property(window, batch, fc.nat(), (lengths, size, seed) => {
        const usable = lengths.filter((one) => one !== undefined).length;
        if (usable < size) return;
        for (const one of windowBatches(lengths, size, random(seed))) expect(new Set(one).size).toBe(one.length);
      }),
    );
  });

  it('puts like lengths together, and chooses by the random numbers alone', () => {
    const lengths = Array.from({ length: 256 }, (_, i) => (i * 193) % 256);
    const batches = windowBatches(lengths, 8, random(1));
    for (const one of batches) {
      const own = one.map((place) => lengths[place] ?? 0);
      expect(Math.max(...own) - Math.min(...own)).toBe(7);
    }
    const holes = lengths.map((one, i) => (i % 5 === 0 ? undefined : one));
    expect(windowBatches(holes, 8, random(1))).toEqual(windowBatches(holes, 8, random(1)));
    expect(windowBatches(holes, 8, random(2))).not.toEqual(windowBatches(holes, 8, random(1)));
  });
});
