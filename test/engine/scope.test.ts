import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import {
  backward,
  fromNumbers,
  Generator,
  gradOf,
  keep,
  memory,
  noGrad,
  scope,
  thisScope,
  toNumbers,
  zeros,
} from '../../src/torch/index.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

describe('scope', () => {
  it('frees what was made inside and keeps what is returned or kept', () => {
    const before = memory().handles;
    const { sum, list } = scope(() => {
      const a = zeros([4]).add(1);
      return { sum: a.sum(), list: [a.mul(2)] };
    });
    expect(memory().handles).toBe(before + 2);
    expect(sum.item()).toBe(4);
    const kept = scope(() => {
      const tensor = keep(zeros([2]));
      return () => tensor;
    });
    expect(kept().shape).toEqual([2]);
    for (const tensor of [sum, ...list, kept()]) tensor.dispose();
    expect(memory().handles).toBe(before);
  });

  it('frees everything when its body throws', () => {
    const before = memory();
    expect(() =>
      scope(() => {
        zeros([1000]);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(memory().handles).toBe(before.handles);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('lets something deep inside belong to a scope further out, or to none', () => {
    const before = memory().handles;
    const outside = thisScope();
    const alone = scope(() => {
      const here = thisScope();
      const late = scope(() => {
        zeros([2]);
        const made = here(() => zeros([3]).add(1));
        return () => made;
      });
      expect(toNumbers(late())).toEqual([1, 1, 1]);
      const free = outside(() => zeros([5]));
      return () => free;
    });
    expect(alone().shape).toEqual([5]);
    expect(memory().handles).toBe(before + 1);
    alone().dispose();
    expect(memory().handles).toBe(before);
  });

  it('passes results to the enclosing scope', () => {
    const before = memory().handles;
    scope(() => {
      const inner = scope(() => zeros([3]));
      expect(inner.shape).toEqual([3]);
    });
    expect(memory().handles).toBe(before);
  });
});

it('differentiates, and not under noGrad', () => {
  scope(() => {
    const x = fromNumbers([1, 2, 3]).setRequiresGrad(true);
    backward(x.mul(x).sum());
    expect(toNumbers(gradOf(x) ?? zeros([0]))).toEqual([2, 4, 6]);
    expect(noGrad(() => x.mul(2).requiresGrad)).toBe(false);
    expect(x.mul(2).requiresGrad).toBe(true);
  });
});

it('draws the same numbers from the same seed, and from a restored state', () => {
  scope(() => {
    using generator = new Generator(5);
    const draw = () => toNumbers(zeros([4]).normal_({ generator }));
    const first = draw();
    const state = generator.state();
    const second = draw();
    generator.restore(state);
    expect(draw()).toEqual(second);
    using again = new Generator(5);
    expect(toNumbers(zeros([4]).normal_({ generator: again }))).toEqual(first);
  });
});
