import { setImmediate } from 'node:timers/promises';
import { microBatches } from '../data/order.js';
import { type Tree, treeTokens } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import { gatherGradients } from '../nn/gather-gradients.js';
import { gradientNorm } from '../nn/gradient-norm.js';
import type { Parameter } from '../nn/parameter.js';
import type { BoundObjective, Contribution } from '../objectives/objective.js';
import { noGrad, scope, span } from '../torch/index.js';
import { joinedScores, lookAhead } from './look-ahead.js';
import { type FrameSettings, type StepFrame, stepFrame } from './step-frame.js';

export interface StepOutcome {
  /** The objective's metrics, means over the step. */
  readonly metrics: Record<string, number>;
  /** L2 norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** Tokens computed, a shared trunk counted once. */
  readonly tokens: number;
  /** What the objective remembers from now on. */
  readonly memory: readonly number[];
}

export interface StepSettings extends FrameSettings {
  /** Runs micro-batch `index`: where dropout is switched on, with draws that are a function of where it stands. */
  around?(index: number, body: () => void): void;
}

/**
 * Leaves the gradient of one optimiser step in its parameters: the trees are cut into forests by tokens, whose shares
 * of loss and gradient add up to the step's.
 *
 * @throws OrpoError `numeric` when the loss or a gradient is not finite; no weight has changed then
 */
export function gradientStep(
  model: CausalLM,
  trained: readonly Parameter[],
  objective: BoundObjective,
  trees: readonly Tree[],
  settings: StepSettings,
): StepOutcome {
  const metrics: Record<string, number> = {};
  const parts = microBatches(trees, settings.microTokens);
  const around = (index: number, body: () => void): void =>
    settings.around === undefined ? body() : settings.around(index, body);
  for (const parameter of trained) parameter.clearGradient();
  const memory = scope(() => {
    const frame = stepFrame(model, objective, trees, settings);
    const ahead = lookAhead(objective, frame, parts, around);
    if (ahead.metrics !== undefined) addMetrics(metrics, ahead.metrics);
    parts.forEach((part, index) => {
      around(index, () =>
        scope(() => {
          model.recompute.backward(() => {
            const policy = () => frame.policy(part);
            const share = ahead.share(index, policy, () => frame.reference(part));
            if (share.metrics !== undefined) addMetrics(metrics, share.metrics);
            return share.loss;
          });
        }),
      );
      span('gradients', () => gatherGradients(trained));
    });
    return ahead.memory();
  });
  const norm = span('gradients', () => gradientNorm(trained));
  requireFinite(metrics, norm, trees);
  return { metrics, gradientNorm: norm, tokens: trees.reduce((sum, tree) => sum + treeTokens(tree), 0), memory };
}

/**
 * The objective's metrics over trees, without gradients. What the objective remembers is used and stays as it is. The
 * event loop turns between the forests, so that signals are seen, unless the objective needs all scores together.
 */
export async function measure(
  model: CausalLM,
  objective: BoundObjective,
  trees: readonly Tree[],
  settings: FrameSettings,
): Promise<Record<string, number>> {
  const metrics: Record<string, number> = {};
  const parts = microBatches(trees, settings.microTokens);
  const score = (frame: StepFrame, part: readonly Tree[]) => ({
    policy: frame.policy(part),
    reference: frame.reference(part),
  });
  const add = (frame: StepFrame, part: readonly Tree[]): void =>
    scope(() => {
      const { policy, reference } = score(frame, part);
      addMetrics(metrics, objective.loss(policy, reference).metrics);
    });
  if (objective.coupled || objective.mismatched) {
    scope(() =>
      noGrad(() => {
        const frame = stepFrame(model, objective, trees, settings);
        if (objective.coupled) {
          const { policy, reference } = joinedScores(parts.map((part) => scope(() => score(frame, part))));
          addMetrics(metrics, objective.loss(policy, reference).metrics);
        } else for (const part of parts) add(frame, part);
      }),
    );
    return metrics;
  }
  const frame = stepFrame(model, objective, trees, settings);
  for (const part of parts) {
    noGrad(() => add(frame, part));
    await setImmediate();
  }
  return metrics;
}

/** Adds shares to what was gathered so far. */
export function addMetrics(into: Record<string, number>, share: Contribution['metrics']): void {
  for (const [name, value] of Object.entries(share)) into[name] = (into[name] ?? 0) + value.item();
}

/** @throws OrpoError `numeric` naming rows, when the loss or the norm of its gradient is not finite */
export function requireFinite(metrics: Readonly<Record<string, number>>, norm: number, trees: readonly Tree[]): void {
  const loss = metrics.loss ?? Number.NaN;
  if (Number.isFinite(loss) && Number.isFinite(norm)) return;
  const rows = trees.map(({ origin }) => origin.row).slice(0, 8);
  throw new OrpoError(
    'numeric',
    `The ${Number.isFinite(loss) ? `gradient norm is ${norm}` : `loss is ${loss}`} at rows ${rows.join(', ')}${trees.length > rows.length ? ', …' : ''}; no weight was changed.`,
    'Lower training.learningRate, or look at these rows with `orpo inspect`; the last checkpoint is intact.',
  );
}
