import { fusedTokenLogProbs, span, type Tensor } from '../torch/index.js';
import { canFuse } from './can-fuse.js';
import { packedProducts } from './packed-weight.js';
import type { Parameter } from './parameter.js';
import type { WorkCount } from './work.js';

/** The vocabulary head: z = h W^T (+ b), capped by Gemma 2. */
export interface Head {
  /** `[V, D]`; the embedding itself when tied. */
  readonly weight: Parameter;
  readonly bias?: Parameter | undefined;
  readonly softcap?: number | undefined;
  /** Where its products are counted. */
  readonly work?: WorkCount | undefined;
}

/** Rows of logits alive at once; the products stay efficient and the memory small (`[256, V]`, more on a device). */
const CHUNK_ROWS = 256;
const DEVICE_CHUNK_ROWS = 2048;

/** With a trained head, gradients of logits up to this size are kept for the backward pass instead of made again. */
const KEPT_BYTES = 256 * 2 ** 20;

/**
 * log p(target) of each needed token: `hidden [M, D]`, `targets [M]` int64 -> `[M]` fp32.
 * Logits are made in chunks of rows; log-sum-exp in fp32; the gradient is exact. A `temperature` divides the logits, as
 * sampling does.
 */
export function tokenLogProbs(hidden: Tensor, head: Head, targets: Tensor, options: TokenLogProbsOptions = {}): Tensor {
  return span('head', () => tokenScores(hidden, head, targets, options));
}

function tokenScores(
  hidden: Tensor,
  head: Head,
  targets: Tensor,
  { temperature = 1, keptBytes = KEPT_BYTES }: TokenLogProbsOptions,
): Tensor {
  const scored = canFuse('log-probs', hidden)
    ? fusedScores(hidden, head, targets, temperature, keptBytes)
    : plainTokenLogProbs(hidden, head, targets, temperature);
  count(hidden, head, scored);
  return scored;
}

function fusedScores(hidden: Tensor, head: Head, targets: Tensor, temperature: number, keptBytes: number): Tensor {
  const { softcap = 0 } = head;
  const bias = head.bias?.value;
  // z / T: states and bias scale, and so does a cap, since c tanh((z / T) / c) is cap tanh(z / cap) / T for c = cap / T
  const cooled = (values: Tensor): Tensor => (temperature === 1 ? values : values.div(temperature));
  return fusedTokenLogProbs(cooled(hidden), head.weight.value, bias && cooled(bias), targets, {
    softcap: softcap / temperature,
    chunk: hidden.device === 'cpu' ? CHUNK_ROWS : DEVICE_CHUNK_ROWS,
    keptBytes,
  });
}

export interface TokenLogProbsOptions {
  readonly temperature?: number;
  readonly keptBytes?: number;
}

/** `[M, V]` fp32 logits of the given rows: for generation, where each row's are needed whole. */
export function logits(hidden: Tensor, head: Head): Tensor {
  const scores = plainLogits(hidden, head);
  count(hidden, head, scores);
  return scores;
}

function count(hidden: Tensor, { weight, work }: Head, scored: Tensor): void {
  work?.linear(hidden, weight.stored, weight.shape[0] ?? 0, scored);
}

function plainLogits(hidden: Tensor, head: Head): Tensor {
  const { packed } = head.weight;
  const [quantised] = packed === undefined ? [] : packedProducts(hidden, [packed]);
  const product = quantised ?? hidden.matmul(head.weight.value.transpose(0, 1));
  const scores = (head.bias === undefined ? product : product.add(head.bias.value)).toDtype('float32');
  return head.softcap === undefined ? scores : scores.div(head.softcap).tanh().mul(head.softcap);
}

/** The same in plain operators, holding all logits: what the other is tested against. */
export function plainTokenLogProbs(hidden: Tensor, head: Head, targets: Tensor, temperature = 1): Tensor {
  return plainLogits(hidden, head).div(temperature).logSoftmax(1).gather(1, targets.unsqueeze(1)).squeeze(1);
}
