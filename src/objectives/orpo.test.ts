import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { backward, fromNumbers, gradOf, scope, type Tensor, toNumbers, zeros } from '../torch/index.js';
import type { BranchScores } from './objective.js';
import { orpo } from './orpo.js';
import { sft } from './sft.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const MEANS = [-1, -1.2, -0.8, -1, -2, -2.2, -0.1, -0.5];
const TOKENS = [5, 9, 3, 3, 7, 2, 4, 6];

function scores(sums: Tensor, dtype: 'float32' | 'float64' = 'float32'): BranchScores {
  const tokens = fromNumbers(TOKENS, { shape: [4, 2], dtype });
  return {
    sums,
    tokens,
    trunkSums: zeros([4], { dtype }).sub(3),
    step: { trees: 4, nllTokens: 31, responseTokens: 19, branches: 2, liked: 0 },
  };
}

const sumsOf = (means: readonly number[]) => means.map((mean, i) => mean * (TOKENS[i] ?? 1));

describe('orpo', () => {
  it('gives the values of the closed form, pair by pair', () => {
    scope(() => {
      const { metrics } = orpo.loss(scores(fromNumbers(sumsOf(MEANS), { shape: [4, 2] })), undefined, {
        lambda: 0.1,
        beta: 1,
        nll: 'full',
      });
      const exact = [0.554231, 0.538384, 0.585641, 0.150246];
      expect(-(metrics.log_odds_ratio?.item() ?? 0)).toBeCloseTo(exact.reduce((a, b) => a + b) / 4, 5);
      expect(metrics.log_odds_chosen?.item()).toBeCloseTo((0.300293 + 0.337943 + 0.227977 + 1.819416) / 4, 5);
    });
  });

  it('starts at ln 2 when both responses are equally likely, whatever beta', () => {
    scope(() => {
      const sums = fromNumbers(sumsOf([-1, -1, -2, -2, -0.3, -0.3, -5, -5]), { shape: [4, 2] });
      for (const beta of [0.2, 1, 3])
        expect(
          -(orpo.loss(scores(sums), undefined, { lambda: 1, beta, nll: 'full' }).metrics.log_odds_ratio?.item() ?? 0),
        ).toBeCloseTo(Math.LN2, 6);
    });
  });

  it.each([0.3, 1])('has the gradient that finite differences give in float64 (beta %s)', (beta) => {
    scope(() => {
      const values = sumsOf(MEANS);
      const at = (point: readonly number[]) => fromNumbers(point, { shape: [4, 2], dtype: 'float64' });
      const loss = (point: readonly number[]) =>
        orpo.loss(scores(at(point), 'float64'), undefined, { lambda: 0.7, beta, nll: 'full' }).loss.item();
      const leaf = at(values).setRequiresGrad(true);
      backward(orpo.loss(scores(leaf, 'float64'), undefined, { lambda: 0.7, beta, nll: 'full' }).loss);
      const gradient = toNumbers(gradOf(leaf) ?? zeros([0]));
      values.forEach((_, i) => {
        const step = 1e-5;
        const moved = (by: number) => values.map((value, j) => (j === i ? value + by : value));
        expect(gradient[i]).toBeCloseTo((loss(moved(step)) - loss(moved(-step))) / (2 * step), 7);
      });
      // chosen is pushed up, rejected down
      gradient.forEach((value, i) => {
        if (i % 2 === 0) expect(value).toBeLessThan(0);
        else expect(value).toBeGreaterThan(0);
      });
    });
  });

  it('is SFT bit for bit when lambda is 0, gradients too', () => {
    scope(() => {
      const gradientOf = (run: (policy: BranchScores) => Tensor): number[] => {
        const leaf = fromNumbers(sumsOf(MEANS), { shape: [4, 2] }).setRequiresGrad(true);
        const loss = run(scores(leaf));
        backward(loss);
        return [loss.item(), ...toNumbers(gradOf(leaf) ?? zeros([0]))];
      };
      const ours = gradientOf((policy) => orpo.loss(policy, undefined, { lambda: 0, beta: 1, nll: 'full' }).loss);
      expect(ours).toEqual(gradientOf((policy) => sft.loss(policy, undefined, { nll: 'full' }).loss));
    });
  });

  it('does not depend on length: a response repeated twice has the same odds', () => {
    scope(() => {
      const sums = fromNumbers(sumsOf(MEANS), { shape: [4, 2] });
      const once = scores(sums);
      const twice = { ...once, sums: sums.mul(2), tokens: once.tokens.mul(2) };
      const odds = (policy: BranchScores) =>
        orpo.loss(policy, undefined, { lambda: 1, beta: 1, nll: 'full' }).metrics.log_odds_chosen?.item();
      expect(odds(twice)).toBe(odds(once));
    });
  });
});
