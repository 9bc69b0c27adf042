import { describe, expect, it } from 'vitest';
import { labelWidth, placeLabels, shorten } from './labels.js';

const room = { left: 0, right: 200, top: 10, bottom: 100 };

describe('placeLabels', () => {
  it('leaves labels that are free where they are', () => {
    const labels = [
      { text: 'a', x: 10, y: 20 },
      { text: 'b', x: 100, y: 20 },
    ];
    expect(placeLabels(labels, room)).toEqual(labels);
  });

  it('moves labels that would lie on one another, by lines, and none out of the room', () => {
    const placed = placeLabels(
      Array.from({ length: 6 }, () => ({ text: 'orpo', x: 190, y: 12 })),
      room,
    );
    expect(new Set(placed.map(({ y }) => y)).size).toBe(6);
    for (const { x, y } of placed) {
      expect(x + labelWidth('orpo')).toBeLessThanOrEqual(room.right);
      expect(y).toBeGreaterThanOrEqual(room.top);
      expect(y).toBeLessThanOrEqual(room.bottom);
    }
  });

  it('stands without any room left', () => {
    const many = Array.from({ length: 40 }, () => ({ text: 'x', x: 0, y: 50 }));
    expect(placeLabels(many, { ...room, bottom: 20 })).toHaveLength(40);
  });
});

describe('shorten', () => {
  it('cuts by characters, not by halves of them', () => {
    expect(shorten('orpo', 4)).toBe('orpo');
    expect(shorten('👍👍👍👍', 3)).toBe('👍👍…');
  });
});
