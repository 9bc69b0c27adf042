import { describe, expect, it } from 'vitest';
import { fromNumbers, memory, scope } from '../torch/index.js';
import { drawIds } from './draw-ids.js';
import { sample, uniform } from './sampler.js';

/** Logits of `rows` rows that differ, with ruled out tokens among them. */
function logits(rows: number, width: number): number[] {
  return Array.from({ length: rows * width }, (_, i) =>
    i % 7 === 3 ? Number.NEGATIVE_INFINITY : 6 * Math.sin(i * 1.7) + 0.01 * (i % 11),
  );
}

describe('drawIds', () => {
  it.each([0.3, 1, 2.5])('draws what sample draws, at temperature %d', (temperature) => {
    const [rows, width] = [64, 501];
    const scores = logits(rows, width);
    const before = memory().handles;
    const at = Array.from({ length: rows }, (_, row) => uniform(9, row, 3));
    const drawn = scope(() => drawIds(fromNumbers(scores, { shape: [rows, width] }), temperature, at));
    expect(memory().handles).toBe(before);
    const options = { temperature, topK: 0, topP: 1, repetitionPenalty: 1, seed: 9 };
    for (let row = 0; row < rows; row++) {
      const own = Float32Array.from(scores.slice(row * width, (row + 1) * width));
      expect(drawn[row]).toBe(sample(own, options, { row, position: 3, seen: new Set() }));
    }
  });

  it('takes the first and the last token that may be at the ends', () => {
    const scores = [Number.NEGATIVE_INFINITY, 1, 2, 3, Number.NEGATIVE_INFINITY];
    const twice = [...scores, ...scores];
    expect([...scope(() => drawIds(fromNumbers(twice, { shape: [2, 5] }), 1, [0, 1 - 2 ** -53]))]).toEqual([1, 3]);
  });
});
