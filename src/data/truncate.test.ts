import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutResponse, cutTrunk, dropOldestTurns, trunkRoom } from './truncate.js';

const list = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('lengths', () => {
  it.each([
    { trunk: 21, responses: [41, 31], maxLength: 50, kept: 21, left: [29, 29] },
    { trunk: 11, responses: [101, 21], maxLength: 60, kept: 11, left: [49, 21] },
    { trunk: 61, responses: [11, 11], maxLength: 50, kept: 39, left: [11, 11] },
    { trunk: 900, responses: [10, 2], maxLength: 1024, kept: 900, left: [10, 2] },
    { trunk: 2000, responses: [1000, 2], maxLength: 1024, kept: 768, left: [256, 2] },
  ])('of $trunk + $responses in $maxLength leave $kept + $left', ({ trunk, responses, maxLength, kept, left }) => {
    const limits = { maxLength, minResponse: Math.floor(maxLength / 4) };
    const all = responses.map(list);
    const cut = cutTrunk(list(trunk), trunkRoom(all, limits), undefined);
    expect(cut).toHaveLength(kept);
    expect(all.map((ids) => cutResponse(ids, cut.length, limits).length)).toEqual(left);
  });

  it('always fit, and every response keeps what minResponse promises', () => {
    const size = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(
        size,
        fc.array(size, { minLength: 1, maxLength: 3 }),
        size,
        fc.boolean(),
        (trunk, sizes, max, bos) => {
          const limits = { maxLength: max + 7, minResponse: Math.max(1, Math.floor((max + 7) / 4)) };
          const ids = list(trunk);
          const responses = sizes.map(list);
          const cut = cutTrunk(ids, trunkRoom(responses, limits), bos ? 0 : undefined);
          expect(cut.length).toBeGreaterThan(0);
          if (bos) expect(cut[0]).toBe(0);
          const tail = bos ? cut.slice(1) : cut;
          expect(tail).toEqual(tail.length === 0 ? [] : ids.slice(-tail.length));
          for (const response of responses) {
            const left = cutResponse(response, cut.length, limits);
            expect(response.slice(0, left.length)).toEqual(left);
            expect(cut.length + left.length).toBeLessThanOrEqual(limits.maxLength);
            expect(left.length).toBeGreaterThanOrEqual(Math.min(response.length, limits.minResponse));
          }
        },
      ),
    );
  });
});

describe('dropOldestTurns', () => {
  const talk = ['system', 'user', 'assistant', 'user', 'assistant', 'user'].map((role, i) => ({
    role,
    content: `${i}`,
  }));
  const contents = (most: number) =>
    dropOldestTurns(talk, (shorter) => shorter.length <= most)
      ?.map(({ content }) => content)
      .join('');

  it('drops as few whole turns as it can and keeps the system message', () => {
    expect(contents(5)).toBe('0345');
    expect(contents(4)).toBe('0345');
    expect(contents(3)).toBe('05');
    expect(contents(2)).toBe('05');
    expect(contents(1)).toBeUndefined();
  });

  it('has nothing to drop from a single turn', () => {
    expect(dropOldestTurns([{ role: 'user', content: 'x' }], () => true)).toBeUndefined();
  });
});
