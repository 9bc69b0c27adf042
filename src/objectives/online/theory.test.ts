import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../../torch/engine/ensure-engine.js';
import { backward, fromNumbers, gradOf, scope, toNumbers, zeros } from '../../torch/index.js';
import { orpo } from '../orpo.js';
import { made } from '../testing/scores.js';
import { exampleTokens, madeTokens } from '../testing/token-scores.js';
import { divergence, generalisedAdvantages, leaveOneOut, moments, whitened } from './advantages.js';
import { grpo } from './grpo.js';
import type { Sampled } from './online-method.js';
import { tokenDivergence } from './policy-terms.js';
import { ppo } from './ppo.js';
import { reinforce } from './reinforce.js';
import { rloo } from './rloo.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const close = (ours: ArrayLike<number>, exact: readonly number[], digits = 6): void => {
  expect(ours.length).toBe(exact.length);
  for (const [i, value] of exact.entries()) expect(ours[i]).toBeCloseTo(value, digits);
};

function response(reward: number, more: Partial<Sampled> = {}): Sampled {
  return { group: 0, reward, logProbs: Float32Array.of(-1, -2), ...more };
}

/** The first advantage of each response. */
const pushes = (credits: readonly { readonly advantages: Float32Array }[]): number[] =>
  credits.map(({ advantages }) => advantages[0] ?? Number.NaN);

describe('advantages', () => {
  it('by GAE: the worked example, λ 0 and λ 1', () => {
    const rewards = [0, 0, 1];
    const values = [0.1, 0.2, 0.3];
    const { advantages, returns } = generalisedAdvantages(rewards, values, { gamma: 1, lambda: 0.95 });
    close(advantages, [0.82675, 0.765, 0.7]);
    close(returns, [0.92675, 0.965, 1]);
    // one step ahead only, and all the way
    close(generalisedAdvantages(rewards, values, { gamma: 0.9, lambda: 0 }).advantages, [0.08, 0.07, 0.7]);
    close(generalisedAdvantages(rewards, values, { gamma: 0.9, lambda: 1 }).returns, [0.81, 0.9, 1]);
  });

  it('whitened over all tokens of all responses', () => {
    const white = whitened([[1, 2], [3], [4, 10]]).flatMap((row) => Array.from(row));
    const { mean, variance } = moments(white);
    expect(mean).toBeCloseTo(0, 6);
    expect(variance).toBeCloseTo(1, 6);
    // a single token has nothing to be compared with
    close(whitened([[7]])[0] ?? [], [0]);
  });

  it('leave-one-out: of others alone, their sum 0', () => {
    const advantages = leaveOneOut([1, 0, 0, 2], [[0, 1, 2, 3]]);
    close(advantages, [1 / 3, -1, -1, 5 / 3]);
    expect(advantages.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12);
    // responses to other prompts change nothing, a lonely one learns nothing
    close(leaveOneOut([1, 50, 0, 0, 2, 9], [[0, 2, 3, 4], [1], [5]]), [1 / 3, 0, -1, -1, 5 / 3, 0]);
  });

  it('of RLOO and GRPO for the rewards 1, 0, 0, 2', () => {
    const sampled = [1, 0, 0, 2].map((reward) => response(reward));
    close(pushes(rloo.credit(sampled, [], rloo.config.parse({})).credits), [0.3333, -1, -1, 1.6667], 4);
    const exact = [0.2611, -0.7833, -0.7833, 1.3056];
    for (const scale of ['group', 'batch'] as const)
      close(pushes(grpo.credit(sampled, [], grpo.config.parse({ scale })).credits), exact, 3);
    close(pushes(grpo.credit(sampled, [], grpo.config.parse({ scale: 'none' })).credits), [0.25, -0.75, -0.75, 1.25]);
  });

  it('of GRPO: 0 and counted where all responses are alike', () => {
    const sampled = [
      ...[5, 5, 5].map((reward) => response(reward)),
      ...[0, 1].map((reward) => response(reward, { group: 1 })),
    ];
    const { credits, metrics } = grpo.credit(sampled, [], grpo.config.parse({}));
    close(pushes(credits).slice(0, 3), [0, 0, 0], 12);
    expect(metrics).toEqual({ equal_rewards: 0.5 });
  });

  it('do not change with what all rewards have in common', () => {
    const raised = (by: number) => [0.3, -1, 2].map((reward) => response(reward + by));
    const ofRloo = (by: number) => pushes(rloo.credit(raised(by), [], rloo.config.parse({})).credits);
    const ofGrpo = (by: number) => pushes(grpo.credit(raised(by), [], grpo.config.parse({})).credits);
    close(ofRloo(100), ofRloo(0), 5);
    close(ofGrpo(100), ofGrpo(0), 5);
  });

  it('of REINFORCE: less a running mean that knows only what came before', () => {
    const settings = reinforce.config.parse({ decay: 0.9 });
    const first = reinforce.credit([response(1), response(3)], [], settings);
    close(pushes(first.credits), [-1, 1]);
    close(first.memory, [2]);
    const second = reinforce.credit([response(7), response(7)], first.memory, settings);
    close(pushes(second.credits), [5, 5]);
    close(second.memory, [2.5]);
  });

  it('count the divergence from the reference as a loss of reward', () => {
    const far = response(1, { reference: Float32Array.of(-3, -4) });
    expect(divergence(far)).toBe(4);
    expect(divergence(response(1))).toBe(0);
    const near = response(1, { reference: Float32Array.of(-1, -2) });
    close(pushes(rloo.credit([far, near], [], rloo.config.parse({ kl: 0.1 })).credits), [-0.4, 0.4]);
    close(pushes(rloo.credit([far, near], [], rloo.config.parse({ kl: 0 })).credits), [0, 0]);
  });
});

describe('estimates of the divergence of a token, log π - log π_ref = .2', () => {
  it('k1 .2, k2 .02, k3 .018731', () => {
    const one = { logProbs: Float32Array.of(-1), reference: Float32Array.of(-1.2) };
    expect(divergence(one)).toBeCloseTo(0.2, 6);
    scope(() => {
      const now = fromNumbers([-1], { dtype: 'float64' });
      expect(tokenDivergence(now, fromNumbers([-1.2], { dtype: 'float64' })).item()).toBeCloseTo(0.018731, 6);
      // k2 is what approx_kl says: here of the policy now against the one that sampled
      const rows = { logProbs: [[-1]], advantages: [[1]] };
      const { metrics } = grpo.loss(madeTokens({ logProbs: [[-1.2]], before: rows }), grpo.config.parse({}));
      expect(metrics.approx_kl?.item()).toBeCloseTo(0.02, 6);
    });
  });

  it('k3 is never negative and flat where both agree', () => {
    scope(() => {
      const now = fromNumbers([-3, -1, -0.2, -1], { dtype: 'float64' }).setRequiresGrad(true);
      const apart = tokenDivergence(now, fromNumbers([-1, -3, -0.2, -1.0001], { dtype: 'float64' }));
      for (const value of toNumbers(apart.detach())) expect(value).toBeGreaterThanOrEqual(0);
      backward(apart.sum());
      expect(Math.abs(toNumbers(gradOf(now) ?? zeros([4]))[2] ?? 1)).toBe(0);
    });
  });
});

describe('PPO', () => {
  const settings = ppo.config.parse({});
  const sampled = (reward: number): Sampled =>
    response(reward, { reference: Float32Array.of(-1.5, -2.1), values: Float32Array.of(0.2, 0.4) });

  it('steers the weight of the divergence: .15 at 12 nats with a target of 6 over 64 responses', () => {
    const target = ppo.config.parse({ kl: 0.15, klTarget: 6 });
    const far = Array.from({ length: 64 }, () =>
      response(0, { reference: Float32Array.of(-7, -8), values: Float32Array.of(0, 0) }),
    );
    const { memory, metrics } = ppo.credit(far, [0.15], target);
    expect(memory[0]).toBeCloseTo(0.150192, 9);
    expect(metrics.kl_weight).toBe(0.15);
    const near = far.map((one) => ({ ...one, reference: one.logProbs }));
    expect(ppo.credit(near, [0.15], target).memory[0]).toBeCloseTo(0.15 * (1 - (0.2 * 64) / 10_000), 9);
    // between the bounds in proportion; without a target not at all
    const little = far.map((one) => ({ ...one, reference: Float32Array.of(-4.3, -5) }));
    expect(ppo.credit(little, [0.15], target).memory[0]).toBeCloseTo(0.15 * (1 + ((6.3 / 6 - 1) * 64) / 10_000), 7);
    expect(ppo.credit(far, [0.15], ppo.config.parse({ kl: 0.15 })).memory).toEqual([0.15]);
  });

  it('pays the divergence token by token and the reward at the last', () => {
    const { credits } = ppo.credit([sampled(2)], [0.1], ppo.config.parse({ gamma: 1, lambda: 1 }));
    // 2 - .1 (.5 + .1) from the first token on, 2 - .1 .1 from the second
    close(credits[0]?.returns ?? [], [1.94, 1.99]);
  });

  it('explains all of the variance of returns, or none', () => {
    const explained = (values: readonly Float32Array[]) =>
      ppo.credit(
        [0, 4].map((reward, i) => response(reward, { values: values[i] })),
        [0],
        ppo.config.parse({ kl: 0, lambda: 1 }),
      ).metrics.explained_variance;
    expect(explained([Float32Array.of(0, 0), Float32Array.of(4, 4)])).toBeCloseTo(1, 6);
    expect(explained([Float32Array.of(2, 2), Float32Array.of(2, 2)])).toBeCloseTo(0, 6);
  });

  it('at its first update: the ratio is 1, nothing is clipped, and the gradient is that of the plain policy', () => {
    scope(() => {
      const example = exampleTokens();
      const { before } = example;
      const logProbs = fromNumbers(before.logProbs.flat(), { dtype: 'float64' }).setRequiresGrad(true);
      const { metrics, loss } = ppo.loss(madeTokens({ ...example, logProbs }), { ...settings, valueWeight: 0 });
      expect(metrics.clip_fraction?.item()).toBe(0);
      expect(metrics.approx_kl?.item()).toBe(0);
      backward(loss);
      close(
        toNumbers(gradOf(logProbs) ?? zeros([15])),
        before.advantages.flat().map((advantage) => -advantage / 15),
        12,
      );
    });
  });

  it('stops pushing a token beyond its clip, and only in the direction it was pushed', () => {
    scope(() => {
      const moved = [0.3, -0.3, 0.3, -0.3];
      const before = { logProbs: [moved.map(() => -1)], advantages: [[1, 1, -1, -1]] };
      const logProbs = fromNumbers(
        moved.map((by) => by - 1),
        { dtype: 'float64' },
      ).setRequiresGrad(true);
      const { loss, metrics } = ppo.loss(madeTokens({ logProbs, before, dtype: 'float64' }), settings);
      backward(loss);
      const slopes = toNumbers(gradOf(logProbs) ?? zeros([4]));
      close(slopes, [0, -Math.exp(-0.3) / 4, Math.exp(0.3) / 4, 0], 12);
      expect(metrics.clip_fraction?.item()).toBe(0.5);
    });
  });
});

describe('means', () => {
  it('of GRPO: over tokens, over responses first, over the most tokens there can be', () => {
    const before = { logProbs: [[-1, -1, -1], [-2]], advantages: [[1, 1, 1], [-2]] };
    const loss = (mean: 'tokens' | 'responses' | 'constant') =>
      scope(() =>
        grpo
          .loss(madeTokens({ logProbs: before.logProbs, before, maxTokens: 8 }), grpo.config.parse({ mean }))
          .loss.item(),
      );
    expect(loss('tokens')).toBeCloseTo(-(3 - 2) / 4, 6);
    expect(loss('responses')).toBeCloseTo(-(1 - 2) / 2, 6);
    expect(loss('constant')).toBeCloseTo(-(3 - 2) / 16, 6);
  });

  it('of RLOO: the ratio is that of a whole response', () => {
    const before = { logProbs: [[-1, -1], [-2]], advantages: [[3, 3], [-1]] };
    const loss = scope(() =>
      rloo.loss(madeTokens({ logProbs: [[-0.95, -0.95], [-2]], before }), rloo.config.parse({})).loss.item(),
    );
    expect(loss).toBeCloseTo((-3 * Math.exp(0.1) + 1) / 2, 6);
  });
});

describe('the ORPO auxiliary', () => {
  it('is ORPO of best and worst, times its weight', () => {
    scope(() => {
      const example = exampleTokens();
      const plain = grpo.loss(madeTokens(example), grpo.config.parse({}));
      const both = grpo.loss(madeTokens(example), grpo.config.parse({ orpo: 0.5 }));
      const rows = toNumbers(madeTokens(example).logProbs);
      const sums = [rows.slice(3, 4), rows.slice(0, 3), rows.slice(10, 15), rows.slice(8, 10)].map((row) =>
        row.reduce((sum, value) => sum + value, 0),
      );
      const [a = 0, b = 0, c = 0, d = 0] = sums;
      const pairs = {
        sums: [
          [a, b],
          [c, d],
        ],
        tokens: [
          [1, 3],
          [5, 2],
        ],
        dtype: 'float64',
      } as const;
      const exact = orpo.bind({ nll: 'response' }).loss(made(pairs), undefined).loss.item();
      expect(both.metrics.orpo_loss?.item()).toBeCloseTo(exact, 9);
      expect(both.loss.item()).toBeCloseTo(plain.loss.item() + 0.5 * exact, 9);
    });
  });

  it('says nothing where no response is better', () => {
    scope(() => {
      const alike = madeTokens({ ...exampleTokens(), pairs: [] });
      const { loss, metrics } = ppo.loss(alike, ppo.config.parse({ orpo: 1 }));
      expect(metrics.orpo_loss).toBeUndefined();
      expect(loss.item()).toBe(ppo.loss(alike, ppo.config.parse({})).loss.item());
    });
  });
});
