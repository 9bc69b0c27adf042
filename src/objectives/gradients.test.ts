import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { backward, fromNumbers, gradOf, memory, scope, type Tensor, toNumbers, zeros } from '../torch/index.js';
import type { BoundObjective, BranchScores } from './objective.js';
import { methods } from './registry.js';
import { example, made } from './testing/scores.js';

const STEP = 1e-5;

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** Every method with its defaults, and settings that lead elsewhere. */
const cases: readonly [string, BoundObjective][] = [
  ...Object.entries(methods).map(([name, method]): [string, BoundObjective] => [name, method.bind(undefined)]),
  ['dpo smoothed', methods.dpo.bind({ labelSmoothing: 0.2 })],
  ['dpo forward-kl', methods.dpo.bind({ divergence: 'forward-kl' })],
  ['dpo js', methods.dpo.bind({ divergence: 'js' })],
  ['dpo alpha', methods.dpo.bind({ divergence: 'alpha', alpha: 0.3 })],
  ['ipo sum', methods.ipo.bind({ score: 'sum', tau: 0.3 })],
  ['cpo hinge smoothed', methods.cpo.bind({ form: 'hinge', labelSmoothing: 0.1 })],
  ...(['logistic', 'hinge', 'squared', 'exponential', 'pointwise'] as const).flatMap((form) =>
    (['sum', 'mean', 'odds'] as const).map((score): [string, BoundObjective] => [
      `grid ${form} ${score}`,
      methods.grid.bind({ form, score, reference: true, beta: 0.6, margin: 0.2, labelSmoothing: 0.1, nllWeight: 0.3 }),
    ]),
  ),
];

function scoresFor(objective: BoundObjective, sums?: Tensor, trunkSums?: Tensor): BranchScores {
  const scores = made(example(objective.shape, 'policy'));
  return { ...scores, sums: sums ?? scores.sums, trunkSums: trunkSums ?? scores.trunkSums };
}

describe('the gradient equals finite differences in float64', () => {
  it.each(cases)('%s', (_name, objective) => {
    const before = memory().handles;
    scope(() => {
      const reference = objective.reference ? made(example(objective.shape, 'reference')) : undefined;
      const start = scoresFor(objective);
      const loss = (sums: Tensor, trunkSums: Tensor): Tensor =>
        objective.loss(scoresFor(objective, sums, trunkSums), reference).loss;
      const leaf = fromNumbers(toNumbers(start.sums), { shape: start.sums.shape, dtype: 'float64' });
      const trunkLeaf = fromNumbers(toNumbers(start.trunkSums), { dtype: 'float64' });
      leaf.setRequiresGrad(true);
      trunkLeaf.setRequiresGrad(true);
      backward(loss(leaf, trunkLeaf));
      for (const [tensor, other] of [
        [leaf, (moved: Tensor) => loss(moved, start.trunkSums)],
        [trunkLeaf, (moved: Tensor) => loss(start.sums, moved)],
      ] as const) {
        const values = toNumbers(tensor.detach());
        const gradient = toNumbers(gradOf(tensor) ?? zeros(tensor.shape));
        values.forEach((_, at) => {
          const moved = (by: number) =>
            other(
              fromNumbers(
                values.map((value, i) => (i === at ? value + by : value)),
                { shape: tensor.shape, dtype: 'float64' },
              ),
            ).item();
          const slope = (moved(STEP) - moved(-STEP)) / (2 * STEP);
          expect(Math.abs((gradient[at] ?? Number.NaN) - slope)).toBeLessThan(1e-6 * Math.max(1, Math.abs(slope)));
        });
      }
    });
    expect(memory().handles).toBe(before);
  });
});

describe('the loss is finite, gradient too, at the ends of float32', () => {
  it.each(cases.filter(([, { shape }]) => shape === 'pair'))('%s', (name, objective) => {
    // exp(-ratio) itself leaves float32 there
    if (/exponential|forward-kl|alpha|discopop/.test(name)) return;
    scope(() => {
      for (const [chosen, rejected] of [
        [-1e-30, -400],
        [-400, -1e-30],
        [0, 0],
      ] as const) {
        const leaf = fromNumbers([chosen, rejected], { shape: [1, 2] }).setRequiresGrad(true);
        const scores = { ...made({ sums: [[chosen, rejected]], memory: [] }), sums: leaf };
        const reference = objective.reference ? made({ sums: [[-3, -3]] }) : undefined;
        const { loss } = objective.loss(scores, reference);
        backward(loss);
        expect(Number.isFinite(loss.item())).toBe(true);
        for (const slope of toNumbers(gradOf(leaf) ?? zeros([2]))) expect(Number.isFinite(slope)).toBe(true);
      }
    });
  });
});
