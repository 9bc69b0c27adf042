import { adamw_, cat, foreachAdd_, foreachCopy_, fusedAdamw_, noGrad, scope, type Tensor } from '../torch/index.js';
import { boundedGroups } from './bounded-groups.js';
import { joinMaster, splitMaster } from './split-master.js';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** How far one update goes, and the factor its gradients are taken by. */
export interface AdamWUpdate extends AdamWOptions {
  readonly learningRate: number;
  readonly factor: number;
}

/** What one parameter's update reads and writes beside it: moments `[...]` and the number of updates `[]`, all float32. */
export interface Moments {
  readonly first: Tensor;
  readonly second: Tensor;
  readonly count: Tensor;
}

/** A parameter that an update moves. */
export interface Move {
  /** float32, or bfloat16 with its `rest`. */
  readonly value: Tensor;
  readonly rest: Tensor | undefined;
  readonly gradient: Tensor;
  readonly moments: Moments;
}

/** All of them in one pass of our own operator. */
export function fusedUpdate(moves: readonly Move[], update: AdamWUpdate): void {
  const { learningRate: lr, beta1, beta2, epsilon: eps, weightDecay, factor } = update;
  const { first, second, count } = columns(moves);
  noGrad(() =>
    adamw_(
      moves.map(({ value }) => value),
      moves.map(({ rest }) => rest),
      moves.map(({ gradient }) => gradient),
      first,
      second,
      count,
      { lr, beta1, beta2, weightDecay, eps, factor },
    ),
  );
}

/** Weights that are moved together: a group takes some 20 bytes a weight while it is moved, the whole model would too. */
const GROUP = 2 ** 25;

/**
 * What the fused operator is tested against, and what other dtypes and devices take. Parameters lie one behind another, so
 * that a GPU is given a few large pieces of work for a group, whatever the number of its parameters.
 */
export function plainUpdate(moves: readonly Move[], update: AdamWUpdate): void {
  const [whole, split]: [Move[], Move[]] = [[], []];
  for (const move of moves) (move.rest === undefined ? whole : split).push(move);
  const groups = [whole, split].flatMap((kind) => boundedGroups(kind, ({ value }) => value.count, GROUP));
  for (const group of groups) scope(() => noGrad(() => moveGroup(group, update)));
}

function moveGroup(moves: readonly Move[], update: AdamWUpdate): void {
  const masters = moves.flatMap(({ value, rest }) => (rest === undefined ? [] : [{ value, rest }]));
  if (masters.length === 0) {
    moveWeights(
      moves.map(({ value }) => flat(value)),
      moves,
      update,
    );
    return;
  }
  const [values, rests] = [masters.map(({ value }) => value), masters.map(({ rest }) => rest)];
  const joined = scope(() => joinMaster({ value: row(values), rest: row(rests) }));
  moveWeights(pieces(joined, moves), moves, update);
  const { value, rest } = splitMaster(joined);
  foreachCopy_(values.map(flat), pieces(value, moves));
  foreachCopy_(rests.map(flat), pieces(rest, moves));
}

/** Moves float32 weights, each in one dimension. */
function moveWeights(
  weights: readonly Tensor[],
  moves: readonly Move[],
  { learningRate: lr, beta1, beta2, epsilon: eps, weightDecay, factor }: AdamWUpdate,
): void {
  const { first, second, count } = columns(moves);
  scope(() => {
    const gradients = row(moves.map(({ gradient }) => gradient))
      .toDtype('float32')
      .mul_(factor);
    foreachAdd_(count, 1);
    fusedAdamw_(weights, pieces(gradients, moves), first.map(flat), second.map(flat), [], count, {
      lr,
      beta1,
      beta2,
      weightDecay,
      eps,
      amsgrad: false,
      maximize: false,
    });
  });
}

/** The moments of each, part by part. */
function columns(moves: readonly Move[]): { first: Tensor[]; second: Tensor[]; count: Tensor[] } {
  return {
    first: moves.map(({ moments }) => moments.first),
    second: moves.map(({ moments }) => moments.second),
    count: moves.map(({ moments }) => moments.count),
  };
}

function flat(tensor: Tensor): Tensor {
  return tensor.view([-1]);
}

/** Copies of tensors, one behind another. */
function row(tensors: readonly Tensor[]): Tensor {
  return cat(tensors.map((tensor) => tensor.reshape([-1])));
}

/** What of a row belongs to each parameter. */
function pieces(row: Tensor, moves: readonly Move[]): Tensor[] {
  return row.splitSizes(moves.map(({ value }) => value.count));
}
