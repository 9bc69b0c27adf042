import { buildForest } from '../../data/forest.js';
import { microBatchesOf } from '../../data/order.js';
import type { Tree } from '../../data/tree.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { Credit, Sampled, TokenScores, UpdateTotals } from '../../objectives/online/online-method.js';
import { predictedLogProbs, predictingStates } from '../../scoring/score-tokens.js';
import { fromIndices, fromTypedArray, noGrad, scope, type Tensor, toFloat32Array } from '../../torch/index.js';
import type { Critic } from './critic.js';
import { type Answered, bestAndWorst } from './rollout.js';

/** A prompt's sampled responses with all that was learnt of them before the update. */
export interface Experience {
  readonly tree: Tree;
  readonly rewards: readonly number[];
  /** One a branch. */
  readonly sampled: readonly Sampled[];
  readonly credits: readonly Credit[];
}

/** The models that look at a token. */
export interface Onlookers {
  readonly model: CausalLM;
  readonly critic: Critic | undefined;
  /** Runs a forward pass on the frozen model. */
  readonly frozen: ((body: (model: CausalLM) => Tensor) => Tensor) | undefined;
  readonly temperature: number;
}

/** A response as it was looked at; which prompt it answers is known to whoever asked. */
export type Seen = Omit<Sampled, 'group'>;

/** What policy, reference and critic make of sampled responses, in micro-batches, without gradients. */
export function lookBack(
  parts: readonly (readonly Answered[])[],
  { model, critic, frozen, temperature }: Onlookers,
): Map<Tree, readonly Seen[]> {
  const found = new Map<Tree, readonly Seen[]>();
  for (const part of parts) {
    const trees = part.map(({ tree }) => tree);
    const forest = buildForest(trees, { nll: 'response' });
    const read = (body: () => Tensor): Float32Array => scope(() => noGrad(() => toFloat32Array(body())));
    const logProbsOf = (looking: CausalLM): Tensor =>
      predictedLogProbs(predictingStates(looking, forest), looking, forest, { temperature });
    let values: Float32Array | undefined;
    const logProbs = read(() => {
      const states = predictingStates(model, forest);
      if (critic !== undefined) values = toFloat32Array(critic.values(states, forest));
      return predictedLogProbs(states, model, forest, { temperature });
    });
    const reference = frozen && read(() => frozen(logProbsOf));
    let at = 0;
    for (const { tree, rewards } of part) {
      const own = tree.branches.map(({ ids }, branch): Seen => {
        const end = at + ids.length;
        const cut = (row: Float32Array | undefined) => row?.slice(at, end);
        const sampled = {
          reward: rewards[branch] ?? Number.NaN,
          logProbs: logProbs.slice(at, end),
          reference: cut(reference),
          values: cut(values),
        };
        at = end;
        return sampled;
      });
      found.set(tree, own);
    }
  }
  return found;
}

/** Cuts prompts with their responses into forests of at most `budget` tokens, in the order given. */
export function inMicroBatches<T extends { readonly tree: Tree }>(all: readonly T[], budget: number): T[][] {
  return microBatchesOf(all, ({ tree }) => tree, budget);
}

/** Counts an optimiser update over all its micro-batches. */
export function updateTotals(experiences: readonly Experience[], maxTokens: number): UpdateTotals {
  const lengths = experiences.flatMap(({ tree }) => tree.branches.map(({ ids }) => ids.length));
  const best = experiences.flatMap(({ tree, rewards }) => {
    const pair = bestAndWorst(rewards);
    return pair === undefined ? [] : [tree.branches[pair[0]]?.ids.length ?? 0];
  });
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
  return {
    tokens: sum(lengths),
    responses: lengths.length,
    pairs: best.length,
    bestTokens: Math.max(1, sum(best)),
    maxTokens,
  };
}

/** One micro-batch as its method sees it: the policy and the critic now, with gradients, and what they were. */
export function tokenScores(
  part: readonly Experience[],
  { model, critic, temperature }: Pick<Onlookers, 'model' | 'critic' | 'temperature'>,
  update: UpdateTotals,
): TokenScores {
  const forest = buildForest(
    part.map(({ tree }) => tree),
    { nll: 'response' },
  );
  const states = predictingStates(model, forest);
  const sampled = part.flatMap((experience) => experience.sampled);
  const credits = part.flatMap((experience) => experience.credits);
  const lengths = sampled.map(({ logProbs }) => logProbs.length);
  const { device } = states;
  const whole = (rows: readonly Float32Array[]): Tensor => joined(rows, device);
  const ifAll = (rows: readonly (Float32Array | undefined)[]): Tensor | undefined => joinedIfAll(rows, device);
  return {
    logProbs: predictedLogProbs(states, model, forest, { temperature }),
    values: critic?.values(states, forest),
    before: {
      logProbs: whole(sampled.map(({ logProbs }) => logProbs)),
      reference: ifAll(sampled.map(({ reference }) => reference)),
      values: ifAll(sampled.map(({ values }) => values)),
      advantages: whole(credits.map(({ advantages }) => advantages)),
      returns: ifAll(credits.map(({ returns }) => returns)),
    },
    responses: fromIndices(
      lengths.flatMap((length, response) => new Array<number>(length).fill(response)),
      device,
    ),
    lengths: fromTypedArray(Float32Array.from(lengths), undefined, { device }),
    pairs: pairPlaces(part, device),
    update,
  };
}

/** `[P, 2]`: the best and the worst response of each prompt that has a better one. */
function pairPlaces(part: readonly Experience[], device: string): Tensor | undefined {
  let from = 0;
  const places = part.flatMap(({ rewards }) => {
    const pair = bestAndWorst(rewards);
    const begin = from;
    from += rewards.length;
    return pair === undefined ? [] : pair.map((at) => begin + at);
  });
  return places.length === 0 ? undefined : fromIndices(places, device).view([places.length / 2, 2]);
}

function joined(rows: readonly Float32Array[], device: string): Tensor {
  const all = new Float32Array(rows.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return fromTypedArray(all, undefined, { device });
}

function joinedIfAll(rows: readonly (Float32Array | undefined)[], device: string): Tensor | undefined {
  const known = rows.flatMap((row) => row ?? []);
  return known.length === rows.length ? joined(known, device) : undefined;
}
