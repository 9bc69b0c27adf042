import { describe, expect, it } from 'vitest';
import { dark, light } from './chart-style.js';
import { heatClass, heatStyle } from './heat.js';

/** Contrast of two colours (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number =>
    [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0);
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

describe('heatClass', () => {
  it('is colourless about one half and strongest at the ends, whatever lies beyond them', () => {
    expect([0.5, 0.54, 0.46].map(heatClass)).toEqual(['heat-a0', 'heat-a0', 'heat-a0']);
    expect([1, 0, 1.2].map(heatClass)).toEqual(['heat-a5', 'heat-b5', 'heat-a5']);
    expect([0.7, 0.3].map(heatClass)).toEqual(['heat-a2', 'heat-b2']);
  });
});

describe('heatStyle', () => {
  it.each([
    ['light', light, heatStyle.slice(0, heatStyle.indexOf('@media'))],
    ['dark', dark, heatStyle.slice(heatStyle.indexOf('@media'))],
  ] as const)('has a colour for each class that text in ink can be read on: %s', (_, colours, rules) => {
    const grounds = [...rules.matchAll(/background:(#[0-9a-f]{6})/g)].map(([, colour = '']) => colour);
    expect(grounds).toHaveLength(12);
    expect(grounds[0]).toBe(colours.paper);
    for (const ground of grounds) expect(contrast(ground, colours.ink)).toBeGreaterThan(4.5);
  });
});
