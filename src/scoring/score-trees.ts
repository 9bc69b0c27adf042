import { buildForest, type ForestBatch, type ForestOptions } from '../data/forest.js';
import { microBatches } from '../data/order.js';
import type { Tree } from '../data/tree.js';
import type { BranchScores, StepTotals } from '../objectives/objective.js';
import { cat, fromNumbers, noGrad, scope, span, type Tensor } from '../torch/index.js';

/** A model, or what stands for one, as something that scores trees laid out as a forest. */
export type Scorer = (trees: readonly Tree[], forest: ForestBatch, step: StepTotals) => BranchScores;

/** Scores trees that are computed at once, with what people said about their responses. */
export function scoreTrees(
  score: Scorer,
  trees: readonly Tree[],
  layout: ForestOptions,
  step: StepTotals,
): BranchScores {
  const forest = span('data', () => buildForest(trees, layout));
  const scores = score(trees, forest, step);
  return { ...scores, ...opinions(trees, step.branches, scores.sums.device) };
}

/** Scores any number of trees without gradients, at most `microTokens` tokens at once; the caller's scope frees them. */
export function scoreAll(
  score: Scorer,
  trees: readonly Tree[],
  layout: ForestOptions,
  step: StepTotals,
  microTokens: number,
): BranchScores {
  const parts = microBatches(trees, microTokens).map((part) =>
    scope(() => noGrad(() => scoreTrees(score, part, layout, step))),
  );
  return joined(parts, step);
}

/** Scores of parts of a step as those of all of it. */
export function joined(parts: readonly BranchScores[], step: StepTotals): BranchScores {
  const all = (of: (part: BranchScores) => Tensor | undefined): Tensor | undefined => {
    const tensors = parts.flatMap((part) => of(part) ?? []);
    return tensors.length === 0 ? undefined : cat(tensors);
  };
  return {
    sums: cat(parts.map(({ sums }) => sums)),
    tokens: cat(parts.map(({ tokens }) => tokens)),
    trunkSums: cat(parts.map(({ trunkSums }) => trunkSums)),
    labels: all(({ labels }) => labels),
    grades: all(({ grades }) => grades),
    confidence: all(({ confidence }) => confidence),
    margins: all(({ margins }) => margins),
    step,
  };
}

function opinions(
  trees: readonly Tree[],
  branches: number,
  device: string,
): Pick<BranchScores, 'labels' | 'grades' | 'confidence' | 'margins'> {
  if (trees[0]?.label !== undefined)
    return {
      labels: fromNumbers(
        trees.map(({ label }) => (label === true ? 1 : 0)),
        { device },
      ),
    };
  return { ...gradesOf(trees, branches, device), ...strengths(trees, device) };
}

function gradesOf(trees: readonly Tree[], branches: number, device: string): Pick<BranchScores, 'grades'> {
  if (trees[0]?.grades === undefined) return {};
  const rows = trees.flatMap(({ grades = [] }) =>
    Array.from({ length: branches }, (_, branch) => grades[branch] ?? Number.NaN),
  );
  return { grades: fromNumbers(rows, { shape: [trees.length, branches], device }) };
}

/** What rows say of their pairs; a pair of which nothing is said is certain, with no margin. */
function strengths(trees: readonly Tree[], device: string): Pick<BranchScores, 'confidence' | 'margins'> {
  const said = (key: 'confidence' | 'margin'): boolean => trees.some((tree) => tree[key] !== undefined);
  return {
    ...(said('confidence')
      ? {
          confidence: fromNumbers(
            trees.map(({ confidence }) => confidence ?? 1),
            { device },
          ),
        }
      : {}),
    ...(said('margin')
      ? {
          margins: fromNumbers(
            trees.map(({ margin }) => margin ?? 0),
            { device },
          ),
        }
      : {}),
  };
}
