import { microBatches } from '../../data/order.js';
import type { TrainingSet } from '../../data/training-set.js';
import type { Tree } from '../../data/tree.js';
import { grownCapacity } from '../../generation/key-value-cache.js';
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
  readonly dataset: Pick<TrainingSet, 'foretold' | 'eval'>;
  /** Longest sequence of the model. */
  readonly positions: number;
  /** Whether a local reward model reads the responses. */
  readonly judged: boolean;
}

/** Everything a run on its own samples computes, were every response as long as it may be. */
export function* onlinePasses(parts: OnlinePassParts): Generator<Planned> {
  const { config, plan, dataset } = parts;
  for (let step = 0; step < plan.steps; step++) yield* updatePasses(parts, dataset.foretold(step), step);
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

/** Sampling as `generateIds` goes about it: prompts as slots are free, then token by token. */
export function* decodingPasses(
  all: readonly Tree[],
  { samples, batch, maxTokens, positions }: Decoding,
  to: Pick<Pass, 'part' | 'times'>,
): Generator<Pass> {
  const slots = Math.min(Math.max(batch, samples), all.length * samples);
  const waiting = [...all];
  let capacity = 0;
  let going: { readonly held: number; readonly left: number }[] = [];
  while (going.length > 0 || waiting.length > 0) {
    const joining = waiting.splice(0, Math.floor((slots - going.length) / samples));
    if (joining.length > 0) {
      capacity = grownCapacity(capacity, Math.max(...joining.map(({ trunk }) => trunk.length)));
      yield { ...to, model: 'policy', kind: 'look', shape: prefillShape(joining, samples), cache: slots * capacity };
      // the last token of a response needs no position
      const rows = joining.map(({ trunk: { length } }) => ({
        held: length,
        left: Math.min(maxTokens, positions - length + 1) - 1,
      }));
      going.push(...rows.flatMap((row) => new Array<typeof row>(samples).fill(row)));
    } else {
      const held = going.map((row) => row.held);
      capacity = grownCapacity(capacity, Math.max(...held) + 1);
      yield { ...to, model: 'policy', kind: 'decode', shape: decodeShape(held), cache: slots * capacity };
      going = going.map((row) => ({ held: row.held + 1, left: row.left - 1 }));
    }
    going = going.filter(({ left }) => left > 0);
  }
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
