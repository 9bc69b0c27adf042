import { describe, expect, it } from 'vitest';
import { generalisedAdvantages, whitened } from '../../src/objectives/online/advantages.js';
import { ppo } from '../../src/objectives/online/ppo.js';
import { fromIndices, fromNumbers, grad, memory, scope, type Tensor, toNumbers } from '../../src/torch/index.js';
import { entries, goldenFolders, readGolden } from './golden-folder.js';

type Rows = readonly (readonly number[])[];
interface Expected {
  readonly gamma: number;
  readonly lambda: number;
  readonly clip: number;
  readonly value_clip: number;
  readonly value_coef: number;
  readonly lengths: readonly number[];
  readonly rewards: Rows;
  readonly values: Rows;
  readonly advantages: Rows;
  readonly whitened: Rows;
  readonly old_logp: Rows;
  readonly new_logp: Rows;
  readonly new_values: Rows;
  readonly policy_loss: number;
  readonly value_loss: number;
  readonly total: number;
  readonly grad_new_logp: Rows;
  readonly grad_new_values: Rows;
}

const TOLERANCE = 1e-5;

describe.each(goldenFolders())('$name methods/ppo.json', ({ path }) => {
  const missing = !entries(path, 'methods').includes('ppo.json');
  const read = () => readGolden<Expected>(path, 'methods', 'ppo.json');
  /** The rows without padding. */
  const cut = (rows: Rows, lengths: readonly number[]) => rows.map((row, i) => row.slice(0, lengths[i]));
  const close = (ours: ArrayLike<number>, exact: readonly number[]) => {
    expect(ours.length).toBe(exact.length);
    for (const [i, value] of exact.entries()) expect(Math.abs((ours[i] ?? Number.NaN) - value)).toBeLessThan(TOLERANCE);
  };

  it.skipIf(missing)('advantages and whitening', () => {
    const { lengths, gamma, lambda, ...rows } = read();
    const values = cut(rows.values, lengths);
    const estimates = cut(rows.rewards, lengths).map((rewards, i) =>
      generalisedAdvantages(rewards, values[i] ?? [], { gamma, lambda }),
    );
    const advantages = estimates.map((estimate) => estimate.advantages);
    cut(rows.advantages, lengths).forEach((exact, i) => {
      close(advantages[i] ?? [], exact);
      close(
        estimates[i]?.returns ?? [],
        exact.map((advantage, t) => advantage + (values[i]?.[t] ?? 0)),
      );
    });
    const white = whitened(advantages);
    cut(rows.whitened, lengths).forEach((exact, i) => {
      close(white[i] ?? [], exact);
    });
  });

  it.skipIf(missing)('losses and their gradients', () => {
    const before = memory().handles;
    const expected = read();
    const { lengths } = expected;
    scope(() => {
      const flat = (rows: Rows): number[] => cut(rows, lengths).flat();
      const tensor = (rows: Rows): Tensor => fromNumbers(flat(rows));
      const logProbs = tensor(expected.new_logp).setRequiresGrad(true);
      const values = tensor(expected.new_values).setRequiresGrad(true);
      const returns = expected.advantages.map((row, i) =>
        row.map((advantage, t) => advantage + (expected.values[i]?.[t] ?? 0)),
      );
      const tokens = lengths.reduce((sum, length) => sum + length, 0);
      const { loss, metrics } = ppo.loss(
        {
          logProbs,
          values,
          before: {
            logProbs: tensor(expected.old_logp),
            values: tensor(expected.values),
            advantages: tensor(expected.whitened),
            returns: tensor(returns),
          },
          responses: fromIndices(lengths.flatMap((length, i) => new Array<number>(length).fill(i))),
          lengths: fromNumbers([...lengths]),
          pairs: undefined,
          update: { tokens, responses: lengths.length, pairs: 0, bestTokens: 1, maxTokens: 6 },
        },
        ppo.config.parse({
          gamma: expected.gamma,
          lambda: expected.lambda,
          clip: expected.clip,
          valueClip: expected.value_clip,
          valueWeight: expected.value_coef,
        }),
      );
      close(
        [metrics.policy_loss?.item() ?? Number.NaN, metrics.value_loss?.item() ?? Number.NaN, loss.item()],
        [expected.policy_loss, expected.value_loss, expected.total],
      );
      const [ofLogProbs, ofValues] = grad([loss], [logProbs, values]);
      close(ofLogProbs === undefined ? [] : toNumbers(ofLogProbs), flat(expected.grad_new_logp));
      close(ofValues === undefined ? [] : toNumbers(ofValues), flat(expected.grad_new_values));
    });
    expect(memory().handles).toBe(before);
  });
});
