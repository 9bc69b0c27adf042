import { beforeAll, describe, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import {
  backward,
  fromIndices,
  fromNumbers,
  fusedTokenLogProbs,
  Generator,
  gradOf,
  memory,
  scope,
  type Tensor,
  toNumbers,
  zeros,
} from '../torch/index.js';
import { Parameter } from './parameter.js';
import { type Head, plainTokenLogProbs, tokenLogProbs } from './token-log-probs.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const ROWS = 600; // more than two chunks of rows
const SIZE = 12;
const VOCABULARY = 37;

function largest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}

/** Log-probs and the gradients of hidden, weight and bias, where those are trained, by one of the two forms. */
function run(
  form: typeof plainTokenLogProbs,
  trainsHead: boolean,
  bias: boolean,
  softcap: number | undefined,
): number[][] {
  return scope(() => {
    using generator = new Generator(1);
    const normal = (shape: number[], std: number): Tensor => zeros(shape).normal_({ std, generator });
    const hidden = normal([ROWS, SIZE], 1).setRequiresGrad(true);
    const head: Head = {
      weight: new Parameter('head.weight', normal([VOCABULARY, SIZE], 0.8)),
      ...(bias ? { bias: new Parameter('head.bias', normal([VOCABULARY], 0.5)) } : {}),
      softcap,
    };
    const trained = trainsHead ? [head.weight, ...(head.bias === undefined ? [] : [head.bias])] : [];
    for (const parameter of trained) parameter.train();
    const targets = fromIndices(Array.from({ length: ROWS }, (_, i) => (i * 7) % VOCABULARY));
    const logProbs = form(hidden, head, targets);
    const weights = fromNumbers(Array.from({ length: ROWS }, (_, i) => Math.sin(i)));
    backward(logProbs.mul(weights).sum());
    const read = (tensor: Tensor | undefined): number[] => (tensor === undefined ? [] : toNumbers(tensor));
    const result = [toNumbers(logProbs), read(gradOf(hidden)), ...trained.map(({ value }) => read(gradOf(value)))];
    head.weight.dispose();
    head.bias?.dispose();
    return result;
  });
}

describe.each([
  { trainsHead: false, bias: false, softcap: undefined },
  { trainsHead: false, bias: true, softcap: 3 },
  { trainsHead: true, bias: false, softcap: undefined },
  { trainsHead: true, bias: true, softcap: undefined },
  { trainsHead: true, bias: true, softcap: 3 },
])('tokenLogProbs with %o', ({ trainsHead, bias, softcap }) => {
  it('equals the plain form, gradients too, and frees all it used', () => {
    const before = memory();
    // with a trained head: gradients of logits kept for the backward pass, and made again
    for (const [keptBytes, temperature] of [
      [2 ** 20, 1],
      [0, 1],
      [0, 0.7],
    ] as const) {
      const plain = run((h, head, t) => plainTokenLogProbs(h, head, t, temperature), trainsHead, bias, softcap);
      const fused = run(
        (h, head, t) => tokenLogProbs(h, head, t, { keptBytes, temperature }),
        trainsHead,
        bias,
        softcap,
      );
      expect(fused.length).toBe(2 + (trainsHead ? (bias ? 2 : 1) : 0));
      fused.forEach((values, i) => {
        expect(values.length).toBe(plain[i]?.length);
        expect(largest(values, plain[i] ?? [])).toBeLessThan(2e-5);
      });
    }
    expect(memory().bytes).toBe(before.bytes);
  });
});

describe('the operator in float64, whose rows libtorch takes as on other devices', () => {
  it.each([
    { trainsHead: true, softcap: 0, keptBytes: 2 ** 20 },
    { trainsHead: true, softcap: 3, keptBytes: 0 },
    { trainsHead: false, softcap: 3, keptBytes: 0 },
  ])('equals the definition to the last digits with %o', ({ trainsHead, softcap, keptBytes }) => {
    const before = memory();
    scope(() => {
      using generator = new Generator(5);
      const normal = (shape: number[]): Tensor => zeros(shape, { dtype: 'float64' }).normal_({ generator });
      const leaves = [normal([ROWS, SIZE]), normal([VOCABULARY, SIZE]), normal([VOCABULARY])] as const;
      const targets = fromIndices(Array.from({ length: ROWS }, (_, i) => (i * 7) % VOCABULARY));
      const weights = fromNumbers(
        Array.from({ length: ROWS }, (_, i) => Math.sin(i)),
        { dtype: 'float64' },
      );
      const defined = (hidden: Tensor, weight: Tensor, bias: Tensor): Tensor => {
        const scores = hidden.matmul(weight.transpose(0, 1)).add(bias);
        const capped = softcap === 0 ? scores : scores.div(softcap).tanh().mul(softcap);
        return capped.logSoftmax(1).gather(1, targets.unsqueeze(1)).squeeze(1);
      };
      const [own, exact] = [
        (hidden: Tensor, weight: Tensor, bias: Tensor) =>
          fusedTokenLogProbs(hidden, weight, bias, targets, { softcap, chunk: 256, keptBytes }),
        defined,
      ].map((form) => {
        const [hidden, weight, bias] = leaves.map((leaf, i) => leaf.clone().setRequiresGrad(i === 0 || trainsHead));
        if (hidden === undefined || weight === undefined || bias === undefined) throw new RangeError('three leaves');
        const logProbs = form(hidden, weight, bias);
        backward(logProbs.mul(weights).sum());
        return [logProbs, ...[hidden, weight, bias].flatMap((leaf) => gradOf(leaf) ?? [])].map(toNumbers);
      });
      expect(own?.length).toBe(trainsHead ? 4 : 2);
      own?.forEach((values, i) => {
        expect(largest(values, exact?.[i] ?? [])).toBeLessThan(1e-11);
      });
    });
    expect(memory().bytes).toBe(before.bytes);
  });
});

describe('the operator with a vocabulary longer than a run of its sums', () => {
  it.each([
    { dtype: 'float32', softcap: 0, ownError: 2e-5, gradientError: 1e-5 },
    { dtype: 'float32', softcap: 3, ownError: 2e-5, gradientError: 1e-5 },
    // logits and their gradients are rounded to 8 digits of two
    { dtype: 'bfloat16', softcap: 0, ownError: 2e-5, gradientError: 2 ** -7 },
    { dtype: 'bfloat16', softcap: 3, ownError: 2e-5, gradientError: 2 ** -7 },
  ] as const)('equals float64 on the same logits in $dtype, capped at $softcap', (kind) => {
    const { dtype, softcap, ownError, gradientError } = kind;
    const before = memory();
    scope(() => {
      using generator = new Generator(9);
      const [rows, vocabulary] = [40, 9001];
      const normal = (shape: number[]): Tensor => zeros(shape).normal_({ generator }).toDtype(dtype);
      const targets = fromIndices(Array.from({ length: rows }, (_, i) => (i * 613) % vocabulary));
      const weights = fromNumbers(Array.from({ length: rows }, (_, i) => Math.sin(i)));
      const [hidden, weight] = [normal([rows, SIZE]).setRequiresGrad(true), normal([vocabulary, SIZE])];
      const logProbs = fusedTokenLogProbs(hidden, weight, undefined, targets, { softcap, chunk: 16, keptBytes: 0 });
      backward(logProbs.mul(weights).sum());

      const logits = hidden.detach().matmul(weight.transpose(0, 1)).toDtype('float64').setRequiresGrad(true);
      const capped = softcap === 0 ? logits : logits.div(softcap).tanh().mul(softcap);
      const exact = capped.logSoftmax(1).gather(1, targets.unsqueeze(1)).squeeze(1);
      backward(exact.mul(weights.toDtype('float64')).sum());
      const pulls = gradOf(logits)?.matmul(weight.toDtype('float64'));
      const own = gradOf(hidden);
      if (pulls === undefined || own === undefined) throw new RangeError('both have gradients');
      expect(largest(toNumbers(logProbs), toNumbers(exact))).toBeLessThan(ownError);
      const scale = Math.max(...toNumbers(pulls).map(Math.abs));
      expect(largest(toNumbers(own), toNumbers(pulls))).toBeLessThan(gradientError * scale);
    });
    expect(memory().bytes).toBe(before.bytes);
  });
});
