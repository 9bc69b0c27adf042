import { describe, expect, it } from 'vitest';
import { peakBytes, planMemory, type StepMemory } from './memory-budget.js';

const step: StepMemory = { layers: 10, fixed: 1e9, tokens: 1000, layerToken: 1e5, inputToken: 1e4 };

describe('peakBytes', () => {
  it('counts what layers keep at once, and the one that is computed again in its turn', () => {
    expect(peakBytes(step, 0)).toBe(1e9 + 1000 * 10 * 1e5);
    expect(peakBytes(step, 4)).toBe(1e9 + 1000 * (6 * 1e5 + 4 * 1e4));
    expect(peakBytes(step, 10)).toBe(1e9 + 1000 * (1 * 1e5 + 10 * 1e4));
  });
});

describe('planMemory', () => {
  it('computes nothing twice without a budget, or with one that is large enough', () => {
    expect(planMemory(step, undefined)).toEqual({ recompute: 0, bytes: 2e9 });
    expect(planMemory(step, '2GB').recompute).toBe(0);
  });

  it('computes as few layers twice as the budget asks for', () => {
    // each saves 90 MB
    expect(planMemory(step, '1.95GB').recompute).toBe(1);
    expect(planMemory(step, '1.5 GB')).toEqual({ recompute: 6, bytes: peakBytes(step, 6) });
    expect(peakBytes(step, 5)).toBeGreaterThan(1.5e9);
  });

  it('names what is needed when no count of layers is enough, or none may be computed twice', () => {
    expect(() => planMemory(step, '1.1GB')).toThrow(
      'training.memory is 1.1GB, but a step of 1000 tokens takes about 1.20 GB even when every layer is computed again.',
    );
    expect(() => planMemory(step, '1.5GB', false)).toThrow('takes about 2.00 GB.');
  });
});
