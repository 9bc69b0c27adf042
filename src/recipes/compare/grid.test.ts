import { describe, expect, it } from 'vitest';
import { catalogue } from '../../objectives/catalogue.js';
import { parseConfig } from '../../training/parse-config.js';
import { around, between, pointName, pointsOf, strengthOf } from './grid.js';

describe('the strength that is searched when nothing is said', () => {
  it.each([
    ['orpo', 'lambda', 0.1],
    ['dpo', 'beta', 0.1],
    ['ipo', 'tau', 0.1],
    ['simpo', 'beta', 2.5],
    ['repo', 'gamma', 0.5],
    // not the lambda of its advantages
    ['ppo', 'kl', 0.05],
    ['grpo', 'beta', 0],
  ])('%s: %s', (method, key, value) => expect(strengthOf(method)).toEqual({ key, value }));

  it('is none where a loss has no such setting', () => {
    expect(strengthOf('sft')).toBeUndefined();
    expect(strengthOf('mpo')).toBeUndefined();
  });

  it('has values that every method takes, five of them too', () => {
    const needs = { model: 'm', data: { train: 'f' }, output: 'o' };
    let tried = 0;
    for (const { name: method, data } of catalogue()) {
      const usual = strengthOf(method);
      if (usual === undefined) continue;
      for (const value of around(usual.value, 5)) {
        const reward = data === 'prompt' ? { reward: './r.mjs' } : {};
        parseConfig({ ...needs, ...reward, method, objective: { [usual.key]: value } });
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(5 * 30);
  });
});

it('values lie about the default, a third and three times of it', () => {
  expect(around(0.1, 3)).toEqual([0.033, 0.1, 0.3]);
  expect(around(2.5, 2)).toEqual([2.5, 7.5]);
  expect(around(5e-6, 1)).toEqual([5e-6]);
  expect(around(0, 3)).toEqual([0, 0.04, 0.12]);
});

it('more values of one range keep its ends', () => {
  expect(between(1e-5, 1e-3, 5)).toEqual([1e-5, 3.2e-5, 1e-4, 3.2e-4, 1e-3]);
});

it('all choices of the axes, each with a name of its own', () => {
  const points = pointsOf([
    { key: 'learningRate', values: [1e-7, 0.001] },
    { key: 'beta', values: [1, 2] },
    { key: 'gamma', values: [0.5, 1, 1.5] },
  ]);
  expect(points).toHaveLength(12);
  expect(new Set(points.map(pointName)).size).toBe(12);
  expect(points[7]).toEqual({ learningRate: 0.001, strength: { beta: 1, gamma: 1 } });
  expect(points.map(pointName)[0]).toBe('lr1e-7-beta1-gamma0.5');
});
