import { describe, expect, it } from 'vitest';
import { type Dot, type ScatterChart, scatterChart } from './scatter-chart.js';
import { faultsOf, placesOf, textsOf } from './testing/markup.js';

const dot = (name: string, x: number, y: number, reach?: readonly [number, number]): Dot => ({
  name,
  tone: 'green',
  x,
  y,
  reach,
});
function draw(dots: readonly Dot[], more: Partial<ScatterChart> = {}): string {
  const drawn = scatterChart({
    title: 'Quality',
    across: 'minutes',
    up: 'win rate',
    share: true,
    dots,
    level: { y: 0.5, name: 'base' },
    ...more,
  }).markup;
  return drawn.slice(0, drawn.indexOf('<div class="on-narrow">'));
}
const dots = (drawn: string): { x: number; y: number }[] =>
  [...drawn.matchAll(/class="dot" cx="([^"]*)" cy="([^"]*)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));

describe('scatterChart', () => {
  it('puts equal factors equally far apart, and better further up', () => {
    const [a, b, c] = dots(draw([dot('a', 1, 0.4), dot('b', 10, 0.6), dot('c', 100, 0.5)]));
    expect((b?.x ?? 0) - (a?.x ?? 0)).toBeCloseTo((c?.x ?? 0) - (b?.x ?? 0), 0);
    expect(b?.y).toBeLessThan(a?.y ?? 0);
  });

  it('draws intervals through dots, the level they are held against, and a name beside each', () => {
    const drawn = draw([dot('sft', 2, 0.55, [0.45, 0.65]), dot('orpo', 3, 0.7)]);
    expect(drawn.match(/class="reach-line"/g)).toHaveLength(1);
    expect(drawn.match(/class="level"/g)).toHaveLength(1);
    expect(textsOf(drawn)).toEqual(expect.arrayContaining(['sft', 'orpo', 'base', '50%', 'minutes', 'win rate']));
    expect(drawn).toContain('sft: 55.0% (45.0% to 65.0%) at 2.000 minutes.');
  });

  it('stays well-formed and inside its drawing: one dot, dots on one another, long names', () => {
    for (const some of [
      [dot('one', 5, 0.5)],
      Array.from({ length: 8 }, (_, i) => dot(`system-of-a-long-name-${i}`, 7, 0.6, [0.1, 0.9])),
      [dot('"><script>alert(1)</script>', 1e-6, 0), dot('big', 1e12, 1)],
    ]) {
      const drawn = draw(some);
      expect(faultsOf(drawn)).toEqual([]);
      expect(placesOf(drawn).every((place) => place >= -1 && place <= 485)).toBe(true);
    }
    expect(draw([dot('a', 1, 2), dot('b', 2, 3)], { share: false, level: undefined })).not.toContain('%');
  });
});
