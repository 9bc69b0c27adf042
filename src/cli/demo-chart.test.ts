import { describe, expect, it } from 'vitest';
import { chart } from './demo-chart.js';

describe('chart', () => {
  it('draws a rising line from the lower left to the upper right', () => {
    const values = Array.from({ length: 8 }, (_, i) => i / 7 - 2);
    expect(chart(values, { title: 'chosen', width: 40, height: 2 }).split('\n')).toEqual([
      'chosen',
      '   -1.00 │    ⣀⠤⠒⠉',
      '   -2.00 │⣀⠤⠒⠉',
      '         └────────',
      '          1 step 8',
    ]);
  });

  it('keeps to its width however many values there are', () => {
    const lines = chart(
      Array.from({ length: 1000 }, (_, i) => Math.sin(i / 50)),
      { title: 't', width: 50 },
    ).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBe(50);
    expect(lines).toHaveLength(8);
  });

  it('draws a constant as a level line, leaves a gap for what is not finite and is empty without values', () => {
    const [, first, middle, last] = chart([3, Number.NaN, 3], { title: 't', width: 30, height: 3 }).split('\n');
    expect(first?.trim()).toBe('3.00 │');
    expect(middle).toMatch(/│\S \S$/);
    expect(last?.trim()).toBe('3.00 │');
    expect(chart([], { title: 't', width: 30 })).toBe('');
  });
});
