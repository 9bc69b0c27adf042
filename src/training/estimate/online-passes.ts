import type { Dataset } from '../../data/dataset.js';
import { microBatches } from '../../data/order.js';
import type { Tree } from '../../data/tree.js';
import type { BoundOnline } from '../../objectives/online/online-method.js';
import type { OnlineRunConfig, ReferenceStrategy } from '../config.js';
import { samplingMinibatches } from '../loops/sampling-loop.js';
import type { Plan } from '../plan.js';
import { decodeShape, forestShape, prefillShape } from './forest-shape.js';
import { evaluationsOf, stepPasses } from './offline-passes.js';
import type { Pass, Planned } from './pass.js';

export interface OnlinePassParts {
  readonly config: OnlineRunConfig;
  readonly method: BoundOnline;
  readonly strategy: ReferenceStrategy | undefined;
  readonly plan: Plan;
  readonly dataset: Dataset;
  /** Longest sequence of the model. */
  readonly positions: number;
  /** Whether a local reward model reads the responses. */
  readonly judged: boolean;
}

/** Everything a run on its own samples computes, were every response as long as it may be. */
export function* onlinePasses(parts: OnlinePassParts): Generator<Planned> {
  const { config, plan, dataset } = parts;
  for (let step = 0; step < plan.steps; step++) yield* updatePasses(parts, plan.batch(step), step);
  if (dataset.eval.length > 0) yield* evaluationPasses(parts, evaluationsOf(plan.steps, config.training.evaluateEvery));
}

function* updatePasses(parts: OnlinePassParts, prompts: readonly Tree[], step: number): Generator<Planned> {
  const { config, method, strategy } = parts;
  const { responses, epochs, minibatches } = config.rollout;
  const { microTokens, seed } = config.training;
  yield* samplingPasses(parts, prompts, responses, { part: 'updates', times: 1 });
  const answered = answers(parts, prompts, responses);
  yield* judgePasses(parts, answered, { part: 'updates', times: 1 });
  if (method.kind === 'pairs') {
    const pairs = answered.map((tree) => ({ ...tree, branches: tree.branches.slice(0, 2) }));
    yield* stepPasses({ objective: method.objective, strategy, training: config.training }, pairs);
    return;
  }
  const passes = Array.from({ length: epochs }, (_, epoch) =>
    samplingMinibatches(answered, step, epoch, { minibatches, epochs, seed }),
  );
  for (const part of (passes[0] ?? []).flatMap((one) => microBatches(one, microTokens))) {
    const look: Pass = { part: 'updates', model: 'policy', kind: 'look', shape: shapeOf(part), times: 1 };
    yield look;
    yield* criticPass(parts, look);
    if (strategy !== undefined) yield { ...look, model: 'frozen' };
  }
  for (const due of passes.flat()) {
    const micro = microBatches(due, microTokens);
    for (const part of micro) {
      const learn: Pass = { part: 'updates', model: 'policy', kind: 'learn', shape: shapeOf(part), times: 1 };
      yield { ...learn, trees: part };
      yield* criticPass(parts, learn);
    }
    yield { micro: micro.length };
  }
}

/** A critic reads the same places through its own weights, and one scalar from each. */
function* criticPass({ method }: OnlinePassParts, pass: Pass): Generator<Pass> {
  if (method.kind !== 'tokens' || method.critic === undefined) return;
  const { shape } = pass;
  const own = method.critic === 'own';
  const scalars = { ...shape, rows: 0, ends: shape.rows };
  yield { ...pass, model: 'critic', shape: own ? scalars : { ...scalars, tokens: 0, pairs: () => 0 } };
}

function* samplingPasses(
  { config, positions }: OnlinePassParts,
  prompts: readonly Tree[],
  samples: number,
  to: Pick<Pass, 'part' | 'times'>,
): Generator<Pass> {
  const { batch, maxTokens } = config.rollout;
  yield* decodingPasses(prompts, { samples, batch, maxTokens, positions }, to);
}

/** Sampling in batches: the prompts at once, then token by token. */
export function* decodingPasses(
  all: readonly Tree[],
  { samples, batch, maxTokens, positions }: Decoding,
  to: Pick<Pass, 'part' | 'times'>,
): Generator<Pass> {
  const width = Math.max(1, Math.floor(batch / samples));
  for (let begin = 0; begin < all.length; begin += width) {
    const group = all.slice(begin, begin + width);
    const longest = group.reduce((most, { trunk }) => Math.max(most, trunk.length), 0);
    const cache = group.length * blocks(longest);
    const prompts = { shape: prefillShape(group, samples), cache, copies: samples * cache };
    yield { ...to, model: 'policy', kind: 'look', ...prompts };
    for (let length = 1; length < maxTokens; length++) {
      const held = group.flatMap(({ trunk }) =>
        trunk.length + length <= positions ? new Array<number>(samples).fill(trunk.length + length - 1) : [],
      );
      if (held.length === 0) continue;
      const cache = held.length * blocks(longest + length);
      yield { ...to, model: 'policy', kind: 'decode', shape: decodeShape(held), cache };
    }
  }
}

/** A cache grows by so many positions of each row. */
function blocks(length: number): number {
  return Math.ceil(length / 64) * 64;
}

interface Decoding {
  readonly samples: number;
  readonly batch: number;
  readonly maxTokens: number;
  readonly positions: number;
}

function* judgePasses(
  { judged }: OnlinePassParts,
  answered: readonly Tree[],
  to: Pick<Pass, 'part' | 'times'>,
): Generator<Pass> {
  if (!judged) return;
  const single = answered.flatMap((tree) => tree.branches.map((branch) => ({ ...tree, branches: [branch] })));
  for (const part of microBatches(single, JUDGED_TOKENS))
    yield { ...to, model: 'judge', kind: 'look', shape: forestShape(part, { nll: 'response', whole: true }) };
}

/** As many tokens a reward model reads at once. */
const JUDGED_TOKENS = 4096;

function* evaluationPasses(parts: OnlinePassParts, times: number): Generator<Pass> {
  const { config, dataset, strategy } = parts;
  const to = { part: 'evaluations', times } as const;
  yield* samplingPasses(parts, dataset.eval, 1, to);
  const answered = answers(parts, dataset.eval, 1);
  yield* judgePasses(parts, answered, to);
  // the divergence from the model it was, where that is at hand
  if (strategy === undefined && config.adapter === undefined) return;
  for (const part of microBatches(answered, config.training.microTokens)) {
    const look: Pass = { ...to, model: 'policy', kind: 'look', shape: shapeOf(part) };
    yield look;
    yield { ...look, model: 'frozen' };
  }
}

/** Prompts with as many responses, all as long as they may be. */
function answers({ config, positions }: OnlinePassParts, prompts: readonly Tree[], responses: number): Tree[] {
  return prompts.map((prompt) => {
    const length = Math.min(config.rollout.maxTokens, positions - prompt.trunk.length + 1);
    const ids = new Int32Array(length);
    return { ...prompt, branches: Array.from({ length: responses }, () => ({ ids })) };
  });
}

const shapeOf = (part: readonly Tree[]) => forestShape(part, { nll: 'response' });
