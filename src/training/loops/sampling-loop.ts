import { setImmediate } from 'node:timers/promises';
import { createRandom, shuffle, streams } from '../../data/random.js';
import { type Tree, treeTokens } from '../../data/tree.js';
import type { AdamW } from '../../nn/adamw.js';
import { gatherGradients } from '../../nn/gather-gradients.js';
import { gradientNorm } from '../../nn/gradient-norm.js';
import type { Parameter } from '../../nn/parameter.js';
import type { BoundSampling, Sampled } from '../../objectives/online/online-method.js';
import { backward, scope, span } from '../../torch/index.js';
import { addMetrics, requireFinite, type StepOutcome } from '../gradient-step.js';
import { applyGradients } from './apply-gradients.js';
import { meanDivergence } from './divergence.js';
import { type Experience, inMicroBatches, lookBack, type Onlookers, tokenScores, updateTotals } from './experience.js';
import type { Loop, UpdatePlace } from './loop.js';
import { type Answered, answeredTrees, rolloutMetrics } from './rollout.js';
import type { Rollouts } from './rollouts.js';

export interface SamplingParts {
  readonly method: BoundSampling;
  readonly onlookers: Onlookers;
  readonly rollouts: Rollouts;
  readonly trained: readonly Parameter[];
  readonly optimiser: AdamW;
  /** More metrics of the answers to held-out prompts. */
  readonly onEvaluation: (answered: readonly Answered[]) => Record<string, number>;
  readonly settings: {
    readonly microTokens: number;
    readonly clip: number;
    readonly seed: number;
    /** Passes over a rollout, and the updates each is cut into. */
    readonly epochs: number;
    readonly minibatches: number;
    readonly maxTokens: number;
  };
}

/** Samples, has the samples rewarded, and weighs their tokens: PPO and its kin. */
export function samplingLoop(parts: SamplingParts): Loop {
  const { rollouts } = parts;
  return {
    writes: true,
    advance: (place) => advance(parts, place),
    evaluate: () => rollouts.evaluate(parts.onEvaluation),
    close: () => rollouts.close(),
  };
}

async function advance(parts: SamplingParts, { step, learningRate, memory }: UpdatePlace): Promise<StepOutcome> {
  const { method, onlookers, rollouts, trained, optimiser, settings } = parts;
  const { prompts, responses, rewarded } = await rollouts.at(step);
  const answered = answeredTrees(prompts, responses, rewarded.rewards);
  const passes = Array.from({ length: settings.epochs }, (_, epoch) =>
    samplingMinibatches(answered, step, epoch, settings),
  );
  // looked at in the micro-batches of the first pass, so that its first update sees no change at all
  const sampled = lookBack(
    (passes[0] ?? []).flatMap((part) => inMicroBatches(part, settings.microTokens)),
    onlookers,
  );
  const all = answered.flatMap(({ tree }, group) => (sampled.get(tree) ?? []).map((one) => ({ ...one, group })));
  const { credits, metrics: ofCredits, memory: remembered } = method.credit(all, memory);
  let from = 0;
  const experiences = new Map<Tree, Experience>();
  for (const { tree, rewards: own } of answered) {
    const end = from + own.length;
    const experience = { tree, rewards: own, sampled: all.slice(from, end), credits: credits.slice(from, end) };
    experiences.set(tree, experience);
    from = end;
  }
  const metrics: Record<string, number> = {
    ...rolloutMetrics(responses, rewarded),
    ...samplingMetrics(all),
    ...ofCredits,
  };
  const updates = passes.flat();
  let norm = 0;
  for (const part of updates) {
    // signals are seen between updates
    await setImmediate();
    const due = part.flatMap(({ tree }) => experiences.get(tree) ?? []);
    const outcome = scope(() => update(parts, due));
    applyGradients(trained, optimiser, { norm: outcome.norm, clip: settings.clip, learningRate });
    norm += outcome.norm / updates.length;
    for (const [name, value] of Object.entries(outcome.metrics))
      metrics[name] = (metrics[name] ?? 0) + value / updates.length;
  }
  const tokens = answered.reduce((sum, { tree }) => sum + treeTokens(tree), 0) * (settings.epochs + 1);
  return { metrics, gradientNorm: norm, tokens, memory: remembered };
}

/** Leaves the gradient of one update in the parameters. */
function update(
  { method, onlookers, trained, settings }: SamplingParts,
  due: readonly Experience[],
): { readonly metrics: Record<string, number>; readonly norm: number } {
  const totals = updateTotals(due, settings.maxTokens);
  const metrics: Record<string, number> = {};
  for (const parameter of trained) parameter.clearGradient();
  for (const part of inMicroBatches(due, settings.microTokens)) {
    scope(() => {
      const { loss, metrics: share } = span('loss', () => method.loss(tokenScores(part, onlookers, totals)));
      addMetrics(metrics, share);
      span('backward', () => backward(loss));
    });
    span('gradients', () => gatherGradients(trained));
  }
  const norm = span('gradients', () => gradientNorm(trained));
  requireFinite(
    metrics,
    norm,
    due.map(({ tree }) => tree),
  );
  return { metrics, norm };
}

/** The updates of one pass: all of a prompt's responses in one of them, their order a function of the seed. */
export function samplingMinibatches<T>(
  answered: readonly T[],
  step: number,
  epoch: number,
  { minibatches: count, epochs, seed }: Pick<SamplingParts['settings'], 'minibatches' | 'epochs' | 'seed'>,
): T[][] {
  if (count === 1) return [[...answered]];
  const places = answered.map((_, place) => place);
  const order = shuffle(places, createRandom(seed, streams.rollouts, step * epochs + epoch));
  const size = Math.ceil(order.length / count);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, i) =>
    order.slice(i * size, (i + 1) * size).flatMap((place) => answered.slice(place, place + 1)),
  );
}

function samplingMetrics(sampled: readonly Sampled[]): Record<string, number> {
  const tokens = sampled.reduce((sum, { logProbs }) => sum + logProbs.length, 0);
  const logProbs = sampled.reduce((sum, one) => sum + one.logProbs.reduce((inner, value) => inner + value, 0), 0);
  // the mean of -log π over its own samples is an unbiased estimate of the entropy of a token
  return { ...meanDivergence(sampled), entropy: -logProbs / tokens };
}
