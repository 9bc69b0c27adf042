import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { backward, fromNumbers, gradOf, memory, scope, type Tensor, toNumbers, zeros } from '../../torch/index.js';
import type { Contribution } from '../objective.js';
import { exampleTokens, madeTokens } from '../testing/token-scores.js';
import { grpo } from './grpo.js';
import type { BoundOnline, TokenScores } from './online-method.js';
import { ppo } from './ppo.js';
import { reinforce } from './reinforce.js';
import { rloo } from './rloo.js';

const STEP = 1e-6;

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const cases: readonly [string, BoundOnline][] = [
  ['ppo', ppo.bind({})],
  ['ppo, narrow clips', ppo.bind({ clip: 0.05, valueClip: 0.1, valueWeight: 2 })],
  ['ppo with orpo', ppo.bind({ orpo: 0.7 })],
  ['rloo', rloo.bind({})],
  ['rloo, wide clip', rloo.bind({ clip: 0.9 })],
  ['reinforce', reinforce.bind({})],
  ['grpo', grpo.bind({})],
  ['grpo with a reference', grpo.bind({ beta: 0.3, clip: 0.1, clipHigh: 0.28 })],
  ['grpo, means of responses', grpo.bind({ beta: 0.3, mean: 'responses' })],
  ['grpo, constant', grpo.bind({ beta: 0.3, mean: 'constant' })],
  ['grpo with orpo', grpo.bind({ beta: 0.1, orpo: 1.3 })],
];

function lossOf(method: BoundOnline, scores: TokenScores): Contribution {
  if (method.kind !== 'tokens') throw new Error(`${method.name} weighs no tokens`);
  return method.loss(scores);
}

describe('the gradient equals finite differences in float64', () => {
  it.each(cases)('%s', (_name, method) => {
    const before = memory().handles;
    scope(() => {
      const made = exampleTokens();
      const start = madeTokens(made);
      const leaves = {
        logProbs: toNumbers(start.logProbs),
        values: start.values === undefined ? [] : toNumbers(start.values),
      };
      const loss = (logProbs: Tensor, values: Tensor): Tensor =>
        lossOf(method, madeTokens({ ...made, logProbs, values })).loss;
      const tensors = {
        logProbs: fromNumbers(leaves.logProbs, { dtype: 'float64' }).setRequiresGrad(true),
        values: fromNumbers(leaves.values, { dtype: 'float64' }).setRequiresGrad(true),
      };
      backward(loss(tensors.logProbs, tensors.values));
      let largest = 0;
      for (const key of ['logProbs', 'values'] as const) {
        const gradient = toNumbers(gradOf(tensors[key]) ?? zeros(tensors[key].shape));
        leaves[key].forEach((_, at) => {
          const moved = (by: number): number => {
            const values = leaves[key].map((value, i) => (i === at ? value + by : value));
            const other = fromNumbers(values, { dtype: 'float64' });
            return key === 'logProbs' ? loss(other, tensors.values).item() : loss(tensors.logProbs, other).item();
          };
          const slope = (moved(STEP) - moved(-STEP)) / (2 * STEP);
          largest = Math.max(largest, Math.abs(slope));
          expect(Math.abs((gradient[at] ?? Number.NaN) - slope), `${key} ${at}`).toBeLessThan(1e-7);
        });
      }
      expect(largest).toBeGreaterThan(0.01);
    });
    expect(memory().handles).toBe(before);
  });
});

it('what the critic expected pulls only where a critic is trained', () => {
  scope(() => {
    for (const method of [rloo.bind({}), grpo.bind({}), reinforce.bind({})]) {
      const values = fromNumbers([...Array(15).keys()], { dtype: 'float64' }).setRequiresGrad(true);
      const logProbs = fromNumbers(toNumbers(madeTokens(exampleTokens()).logProbs), { dtype: 'float64' });
      backward(
        lossOf(method, madeTokens({ ...exampleTokens(), logProbs: logProbs.setRequiresGrad(true), values })).loss,
      );
      expect(gradOf(values)).toBeUndefined();
    }
  });
});
