import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { backward, fromNumbers, gradOf, scope, stack, type Tensor, toNumbers, zeros } from '../torch/index.js';
import type { BoundObjective, BranchScores } from './objective.js';
import { methods } from './registry.js';
import { type MadeScores, made } from './testing/scores.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const lossAt = (objective: BoundObjective, policy: MadeScores, reference?: MadeScores): number =>
  scope(() => objective.loss(made(policy), reference && made(reference)).loss.item());

/** The worked example: log-probs -20 and -30, reference -22 and -29, lengths 10 and 12. */
const POLICY: MadeScores = { sums: [[-20, -30]], tokens: [[10, 12]] };
const REFERENCE: MadeScores = { sums: [[-22, -29]], tokens: [[10, 12]] };

describe('values worked out by hand', () => {
  it.each<[string, BoundObjective, number]>([
    ['dpo', methods.dpo.bind({}), 0.554355],
    ['dpo smoothed', methods.dpo.bind({ labelSmoothing: 0.1 }), 0.584355],
    ['robust', methods.robust.bind({ labelSmoothing: 0.1 }), 0.516855],
    ['hinge', methods.hinge.bind({}), 0.7],
    ['ipo of sums', methods.ipo.bind({ score: 'sum' }), 4],
    ['ipo of means', methods.ipo.bind({}), 22.246944],
    ['sigmoid_norm', methods.sigmoid_norm.bind({ beta: 5 }), 0.217142],
    ['r-dpo', methods['r-dpo'].bind({ alpha: 0.05 }), 0.513015],
    ['simpo', methods.simpo.bind({ beta: 2.5, gamma: 0.5 }), 0.386871],
    ['cpo without likelihood', methods.cpo.bind({ alpha: 0 }), 0.313262],
    ['cpo', methods.cpo.bind({ alpha: 1 }), 2.313262],
    ['slic without likelihood', methods.slic.bind({ delta: 12, lambda: 0 }), 2],
    ['repo', methods.repo.bind({ gamma: 0.6 }), 0.1],
    ['bco_pair', methods.bco_pair.bind({}), 1.242536],
    ['apo_zero', methods.apo_zero.bind({}), 0.925187],
    ['apo_down', methods.apo_down.bind({}), 0.975391],
    ['nca', methods.nca.bind({}), 1.319407],
    ['sppo_hard', methods.sppo_hard.bind({}), 25],
    ['cal-dpo', methods['cal-dpo'].bind({}), 25.048587],
    ['asft without likelihood', methods.asft.bind({}), 2.08565 + 2],
    ['orpo', methods.orpo.bind({ lambda: 1 }), 2 + 0.451932],
    ['spin', methods.spin.bind({ lambda: 0.1 }), 0.554355],
    ['odds-spin', methods['odds-spin'].bind({ lambda: 1 }), 2 + 0.451932],
    ['tempered-orpo', methods['tempered-orpo'].bind({ lambda: 1 }), 2 + 0.562966],
  ])('%s', (_name, objective, exact) => {
    expect(lossAt(objective, POLICY, objective.reference ? REFERENCE : undefined)).toBeCloseTo(exact, 5);
  });

  it('rrhf, the worse response ranked above', () => {
    const swapped = { sums: [[-30, -20]], tokens: [[12, 10]], grades: [[2, 1]] };
    expect(lossAt(methods.rrhf.bind({}), swapped) - 30 / 12).toBeCloseTo(0.5, 5);
  });

  it.each([
    [1, -20, -22, 10, 0.470036, 0.634946],
    [0, -30, -29, 12, 0.455121, 0.607192],
  ])('kto and bco of a response labelled %s', (label, lp, ref, tokens, kto, bco) => {
    const one = (sum: number, others: number) => ({
      sums: [[sum]],
      tokens: [[tokens]],
      labels: [label],
      mismatched: [others],
      memory: [0.08, 1],
    });
    expect(lossAt(methods.kto.bind({}), one(lp, -29.2), one(ref, -30))).toBeCloseTo(kto, 5);
    expect(lossAt(methods.bco.bind({}), one(lp, 0), one(ref, 0))).toBeCloseTo(bco, 5);
  });
});

describe('the first loss, policy equal to reference', () => {
  const LN2 = Math.LN2;
  it.each<[string, BoundObjective, number]>([
    ['dpo', methods.dpo.bind({}), LN2],
    ['dpo smoothed', methods.dpo.bind({ labelSmoothing: 0.3 }), LN2],
    ['dpo forward-kl', methods.dpo.bind({ divergence: 'forward-kl' }), LN2],
    ['dpo js', methods.dpo.bind({ divergence: 'js' }), LN2],
    ['dpo alpha', methods.dpo.bind({ divergence: 'alpha' }), LN2],
    ['robust', methods.robust.bind({}), LN2],
    ['sigmoid_norm', methods.sigmoid_norm.bind({}), LN2],
    ['aot', methods.aot.bind({}), LN2],
    ['odds-dpo', methods['odds-dpo'].bind({}), LN2],
    ['spin', methods.spin.bind({}), LN2],
    ['spin of the last round', methods.spin.bind({ lambda: 5 }), LN2],
    ['nca', methods.nca.bind({}), 2 * LN2],
    ['bco_pair', methods.bco_pair.bind({}), 2 * LN2],
    ['hinge', methods.hinge.bind({}), 1],
    ['apo_zero', methods.apo_zero.bind({}), 1],
    ['apo_down', methods.apo_down.bind({}), 1],
    ['ipo', methods.ipo.bind({ tau: 0.2 }), 1 / (4 * 0.2 ** 2)],
    ['sppo_hard', methods.sppo_hard.bind({ beta: 0.2 }), 2 * 2.5 ** 2],
    ['discopop', methods.discopop.bind({}), (LN2 + 1) / 2],
  ])('%s', (_name, objective, exact) => {
    const scores = {
      sums: [
        [-20.5, -30],
        [-3, -7.25],
      ],
      tokens: [
        [10, 12],
        [3, 4],
      ],
    };
    expect(lossAt(objective, scores, scores)).toBeCloseTo(exact, 5);
  });

  it('kto: half the mean weight', () => {
    const scores = { sums: [[-5], [-7], [-6]], labels: [1, 0, 0], mismatched: [-8, -9, -7] };
    const objective = methods.kto.bind({ desirableWeight: 1.5, undesirableWeight: 0.9 });
    expect(lossAt(objective, scores, scores)).toBeCloseTo((1.5 + 0.9 + 0.9) / 3 / 2, 6);
  });
});

/** A policy over two answers, y1 always preferred to y2, trained with the loss as gradient descent on one logit. */
function descend(objective: BoundObjective, steps: number, rate: number): number {
  let logit = 0;
  for (let step = 0; step < steps; step++)
    logit -=
      rate *
      scope(() => {
        const leaf = fromNumbers([logit], { dtype: 'float64' }).setRequiresGrad(true);
        const both = stack([leaf.neg().softplus().neg(), leaf.softplus().neg()], { dim: 1 });
        const half = { sums: [[Math.log(0.5), Math.log(0.5)]], dtype: 'float64' } as const;
        backward(objective.loss({ ...made(half), sums: both }, made(half)).loss);
        return toNumbers(gradOf(leaf) ?? zeros([1]))[0] ?? Number.NaN;
      });
  return 1 / (1 + Math.exp(-logit));
}

describe('where training leads on a bandit with two answers', () => {
  it.each([0.3, 1])('ipo stops at σ(.5/τ), τ = %s', (tau) => {
    expect(descend(methods.ipo.bind({ tau, score: 'sum' }), 200, 0.1)).toBeCloseTo(1 / (1 + Math.exp(-0.5 / tau)), 8);
  });

  it('dpo goes on to 1', () => {
    const at = [500, 2000].map((steps) => descend(methods.dpo.bind({ beta: 1 }), steps, 2));
    expect(at[0]).toBeGreaterThan(0.99);
    expect(at[1]).toBeGreaterThan(at[0] ?? 1);
    expect(at[1]).toBeGreaterThan(0.999);
  });

  /** One round of self-play: real answers with probability `real` of the first, the opponent with `logit`. The new logit. */
  function playRound(objective: BoundObjective, real: number, logit: number): number {
    const opponent = 1 / (1 + Math.exp(-logit));
    const own = { sums: [[Math.log(opponent), Math.log(1 - opponent)]], dtype: 'float64' } as const;
    const turned = { sums: [[Math.log(1 - opponent), Math.log(opponent)]], dtype: 'float64' } as const;
    let at = logit;
    for (let step = 0; step < 600; step++)
      at -= scope(() => {
        const leaf = fromNumbers([at], { dtype: 'float64' }).setRequiresGrad(true);
        const first = leaf.neg().softplus().neg();
        const second = leaf.softplus().neg();
        const loss = (pair: readonly Tensor[], reference: MadeScores) =>
          objective.loss({ ...made(reference), sums: stack(pair, { dim: 1 }) }, made(reference)).loss;
        // a pair of equal answers has the same loss whatever the policy: the two that differ, with their probabilities
        const apart = loss([first, second], own).mul(real * (1 - opponent));
        backward(apart.add(loss([second, first], turned).mul((1 - real) * opponent)));
        return 2 * (toNumbers(gradOf(leaf) ?? zeros([1]))[0] ?? Number.NaN);
      });
    return at;
  }
  const chance = (logit: number): number => 1 / (1 + Math.exp(-logit));

  it('self-play leads from (.5, .5) to p (1 / λ): .8 and .667 for p = .8', () => {
    expect(chance(playRound(methods.spin.bind({ lambda: 1 }), 0.8, 0))).toBeCloseTo(0.8, 6);
    expect(chance(playRound(methods.spin.bind({ lambda: 2 }), 0.8, 0))).toBeCloseTo(2 / 3, 6);
  });

  it('round by round of self-play each gains less, until real and own answers are alike', () => {
    const objective = methods.spin.bind({ lambda: 2 });
    let logit = 0;
    let gain = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 6; round++) {
      const next = playRound(objective, 0.8, logit);
      // log-odds move by the distance from those of the data, over λ
      expect(next).toBeCloseTo(logit + (Math.log(4) - logit) / 2, 4);
      expect(next - logit).toBeLessThan(gain);
      gain = next - logit;
      logit = next;
    }
    expect(playRound(objective, 0.8, Math.log(4))).toBeCloseTo(Math.log(4), 10);
  });
});

describe('identities', () => {
  it('ORPO is ASFT plus λ log[p_w(1 - p_l) + p_l(1 - p_w)], never more', () => {
    for (const [w, l] of [
      [-2, -2.5],
      [-0.1, -3],
      [-4, -0.5],
    ] as const) {
      const scores = { sums: [[w * 10, l * 12]], tokens: [[10, 12]] };
      const asft = lossAt(methods.asft.bind({ lambda: 0.7 }), scores);
      const orpo = lossAt(methods.orpo.bind({ lambda: 0.7 }), scores);
      const [pw, pl] = [Math.exp(w), Math.exp(l)];
      expect(orpo).toBeCloseTo(asft + 0.7 * Math.log(pw * (1 - pl) + pl * (1 - pw)), 5);
      expect(orpo).toBeLessThanOrEqual(asft);
    }
  });

  it('named methods are points of the grid', () => {
    for (const [named, point] of [
      [methods.dpo.bind({ beta: 0.2 }), { score: 'sum', reference: true, beta: 0.2 }],
      [methods.simpo.bind({}), { beta: 2.5, margin: 1.25 }],
      [methods.cpo.bind({}), { score: 'sum', beta: 0.1, nllWeight: 1 }],
      [methods.repo.bind({}), { form: 'hinge', margin: 0.5 }],
      [methods.bco_pair.bind({}), { score: 'sum', reference: true, form: 'pointwise', beta: 0.1 }],
      [methods.orpo.bind({}), { score: 'odds', weight: 0.1, nllWeight: 1 }],
      [methods['odds-ipo'].bind({}), { score: 'odds', form: 'squared', margin: 1, weight: 0.1, nllWeight: 1 }],
    ] as const)
      expect(lossAt(methods.grid.bind(point), POLICY, named.reference ? REFERENCE : undefined)).toBeCloseTo(
        lossAt(named, POLICY, named.reference ? REFERENCE : undefined),
        6,
      );
  });

  it('a mixture is the weighted sum of its parts', () => {
    const mixed = lossAt(methods.mpo.bind({}), POLICY, REFERENCE);
    const parts = [
      0.8 * lossAt(methods.dpo.bind({}), POLICY, REFERENCE),
      0.2 * lossAt(methods.bco_pair.bind({}), POLICY, REFERENCE),
      lossAt(methods.sft.bind({}), POLICY),
    ];
    expect(mixed).toBeCloseTo(
      parts.reduce((a, b) => a + b),
      5,
    );
  });
});

describe('what a loss does not see', () => {
  const shifted = (scores: MadeScores, by: number): MadeScores => ({
    ...scores,
    sums: scores.sums.map((row) => row.map((sum) => sum + by)),
  });

  it.each([
    ['dpo', methods.dpo.bind({})],
    ['hinge', methods.hinge.bind({})],
    ['ipo', methods.ipo.bind({ score: 'sum' })],
    ['exo', methods.exo.bind({})],
    ['discopop', methods.discopop.bind({})],
    ['r-dpo', methods['r-dpo'].bind({})],
    ['aot', methods.aot.bind({})],
  ])('%s: a shift of both responses of a pair', (_name, objective) => {
    expect(lossAt(objective, shifted(POLICY, -3), REFERENCE)).toBeCloseTo(lossAt(objective, POLICY, REFERENCE), 5);
  });

  it.each([
    ['nca', methods.nca.bind({})],
    ['bco_pair', methods.bco_pair.bind({})],
    ['apo_zero', methods.apo_zero.bind({})],
    ['sppo_hard', methods.sppo_hard.bind({})],
  ])('%s does see it: its rewards are absolute', (_name, objective) => {
    expect(lossAt(objective, shifted(POLICY, -3), REFERENCE)).not.toBeCloseTo(lossAt(objective, POLICY, REFERENCE), 3);
  });

  it('kto: a rise of all rewards alike, mismatched ones too; and no gradient flows through the estimate', () => {
    const at = (by: number): MadeScores => ({
      sums: [[-5 + by], [-7 + by]],
      labels: [1, 0],
      mismatched: [-8 + by, -9 + by],
    });
    const reference = { sums: [[-6], [-7]], labels: [1, 0], mismatched: [-9, -10] };
    const objective = methods.kto.bind({});
    expect(lossAt(objective, at(2), reference)).toBeCloseTo(lossAt(objective, at(0), reference), 6);
    scope(() => {
      const mismatched = fromNumbers([-8, -9], { shape: [2, 1] }).setRequiresGrad(true);
      const scores = made(at(0));
      const step = { ...scores.step, mismatched: { sums: mismatched, tokens: mismatched.detach().onesLike() } };
      const sums = scores.sums.setRequiresGrad(true);
      backward(objective.loss({ ...scores, sums, step }, made(reference)).loss);
      expect(gradOf(mismatched)).toBeUndefined();
      // |d loss / d log-prob| of one response is at most beta / 4
      for (const slope of toNumbers(gradOf(sums) ?? zeros([2])))
        expect(Math.abs(slope)).toBeLessThanOrEqual(0.1 / 4 / 2 + 1e-9);
    });
  });

  it('kto: a negative estimate of the divergence counts as none', () => {
    const scores = (others: number): MadeScores => ({ sums: [[-5]], labels: [1], mismatched: [others] });
    const objective = methods.kto.bind({});
    expect(lossAt(objective, scores(-20), scores(-9))).toBeCloseTo(0.5, 6);
  });

  it('mean scores: a response repeated twice', () => {
    const twice: MadeScores = { sums: [[-40, -60]], tokens: [[20, 24]] };
    for (const objective of [methods.simpo.bind({}), methods.repo.bind({}), methods.grid.bind({ score: 'odds' })])
      expect(lossAt(objective, twice)).toBeCloseTo(lossAt(objective, POLICY), 6);
  });

  it('aot and aot_unpaired: which pair a margin belongs to', () => {
    const policy = [-20, -18, -25, -11];
    const reference = [-21, -18, -24, -13];
    const single = (sums: readonly number[], order: readonly number[]): MadeScores => ({
      sums: order.map((at) => [sums[at] ?? 0]),
      labels: order.map((at) => (at < 2 ? 1 : 0)),
    });
    const unpaired = methods.aot_unpaired.bind({});
    expect(lossAt(unpaired, single(policy, [2, 1, 0, 3]), single(reference, [2, 1, 0, 3]))).toBeCloseTo(
      lossAt(unpaired, single(policy, [0, 1, 2, 3]), single(reference, [0, 1, 2, 3])),
      6,
    );
    const pairs = (sums: readonly number[]): MadeScores => ({ sums: [sums.slice(0, 2), sums.slice(2)] });
    // margins of the policy exchanged between the two pairs
    const exchanged = [policy[2], policy[3], policy[0], policy[1]].map((value) => value ?? 0);
    expect(lossAt(methods.aot.bind({}), pairs(exchanged), pairs(reference))).toBeCloseTo(
      lossAt(methods.aot.bind({}), pairs(policy), pairs(reference)),
      6,
    );
  });
});

it('bco remembers the mean of all rewards so far', () => {
  const bco = methods.bco.bind({ beta: 0.5 });
  const scores = (sums: readonly number[]): BranchScores =>
    made({ sums: sums.map((sum) => [sum]), labels: sums.map(() => 1) });
  scope(() => {
    const first = bco.remember([0, 0], scores([-1, -2]), scores([-3, -3]));
    expect(first).toEqual([0.75, 2]);
    expect(bco.remember(first, scores([-4]), scores([-2]))).toEqual([(1.5 - 1) / 3, 3]);
  });
});
