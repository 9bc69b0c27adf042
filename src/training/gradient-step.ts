import { buildForest } from '../data/forest.js';
import { microBatches } from '../data/order.js';
import { type Tree, treeTokens } from '../data/tree.js';
import { OrpoError } from '../errors.js';
import type { CausalLM } from '../models/causal-lm.js';
import { gradientNorm } from '../nn/gradient-norm.js';
import type { Parameter } from '../nn/parameter.js';
import type { BoundObjective } from '../objectives/registry.js';
import { backward, noGrad, scope } from '../torch/index.js';
import { scoreForest } from './score-forest.js';
import { stepTotals } from './step-totals.js';

export interface StepOutcome {
  /** The objective's metrics, means over the step. */
  readonly metrics: Record<string, number>;
  /** L2 norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** Tokens computed, a shared trunk counted once. */
  readonly tokens: number;
}

export interface StepSettings {
  readonly microTokens: number;
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
  const totals = stepTotals(trees, objective.nll);
  for (const parameter of trained) parameter.clearGradient();
  microBatches(trees, settings.microTokens).forEach((part, index) => {
    const body = () =>
      scope(() => {
        const scores = scoreForest(model, buildForest(part, { nll: objective.nll }), totals);
        const share = objective.loss(scores, undefined);
        addMetrics(metrics, share.metrics);
        backward(share.loss);
      });
    if (settings.around === undefined) body();
    else settings.around(index, body);
    for (const parameter of trained) parameter.gather();
  });
  const norm = gradientNorm(trained);
  requireFinite(metrics, norm, trees);
  return { metrics, gradientNorm: norm, tokens: trees.reduce((sum, tree) => sum + treeTokens(tree), 0) };
}

/** The objective's metrics over trees, without gradients. */
export function measure(
  model: CausalLM,
  objective: BoundObjective,
  trees: readonly Tree[],
  microTokens: number,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  const totals = stepTotals(trees, objective.nll);
  for (const part of microBatches(trees, microTokens))
    scope(() =>
      noGrad(() => {
        const scores = scoreForest(model, buildForest(part, { nll: objective.nll }), totals);
        addMetrics(metrics, objective.loss(scores, undefined).metrics);
      }),
    );
  return metrics;
}

function addMetrics(into: Record<string, number>, share: Readonly<Record<string, { item(): number }>>): void {
  for (const [name, value] of Object.entries(share)) into[name] = (into[name] ?? 0) + value.item();
}

function requireFinite(metrics: Readonly<Record<string, number>>, norm: number, trees: readonly Tree[]): void {
  const loss = metrics.loss ?? Number.NaN;
  if (Number.isFinite(loss) && Number.isFinite(norm)) return;
  const rows = trees.map(({ origin }) => origin.row).slice(0, 8);
  throw new OrpoError(
    'numeric',
    `The ${Number.isFinite(loss) ? `gradient norm is ${norm}` : `loss is ${loss}`} at rows ${rows.join(', ')}${trees.length > rows.length ? ', …' : ''}; no weight was changed.`,
    'Lower training.learningRate, or look at these rows with `orpo inspect`; the last checkpoint is intact.',
  );
}
