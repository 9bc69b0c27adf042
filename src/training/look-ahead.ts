import type { Tree } from '../data/tree.js';
import type { BoundObjective, BranchScores, Contribution } from '../objectives/objective.js';
import { joined } from '../scoring/score-trees.js';
import { grad, noGrad, scope, type Tensor } from '../torch/index.js';
import { remembering, type StepFrame } from './step-frame.js';

/** What was learnt of a whole step before its micro-batches are computed with gradients. */
export interface LookAhead {
  /** The step's metrics, where its loss is known already. */
  readonly metrics: Contribution['metrics'] | undefined;
  /** Micro-batch `index`'s share of the step's loss, or what has the same gradient. */
  share(
    index: number,
    policy: () => BranchScores,
    reference: () => BranchScores | undefined,
  ): { readonly loss: Tensor; readonly metrics?: Contribution['metrics'] };
  /** What the objective remembers once all shares are done. */
  memory(): readonly number[];
}

type Scores = { readonly policy: BranchScores; readonly reference: BranchScores | undefined };

/**
 * Most losses are sums over trees, and nothing is done. One that needs the whole step (sorted margins, a mean it shifts
 * by) is scored first without gradients. A coupled loss then gives its slope at every score, and a micro-batch whose
 * scores are multiplied by their slopes has the loss's exact gradient, however the step was cut.
 */
export function lookAhead(
  objective: BoundObjective,
  frame: StepFrame,
  parts: readonly (readonly Tree[])[],
  around: (index: number, body: () => void) => void,
): LookAhead {
  let { memory } = frame;
  const remembers = objective.initialMemory.length > 0;
  const remember = ({ policy, reference }: Scores): void => {
    memory = noGrad(() => scope(() => objective.remember(memory, policy, reference)));
  };
  const lossOf = ({ policy, reference }: Scores): Contribution =>
    remembers
      ? objective.loss(remembering(policy, memory), remembering(reference, memory))
      : objective.loss(policy, reference);
  const whole = parts.length > 1 && (objective.coupled || remembers) ? scoreWhole(frame, parts, around) : undefined;
  if (whole !== undefined && remembers) remember(whole);
  if (whole === undefined || !objective.coupled)
    return {
      metrics: undefined,
      memory: () => memory,
      share: (_index, policy, reference) => {
        // the reference first: its activations are gone before the policy's are kept
        const other = reference();
        const scores = { policy: policy(), reference: other };
        if (whole === undefined && remembers) remember(scores);
        return lossOf(scores);
      },
    };
  const sums = whole.policy.sums.detach().setRequiresGrad(true);
  const trunkSums = whole.policy.trunkSums.detach().setRequiresGrad(true);
  const { loss, metrics } = lossOf({ ...whole, policy: { ...whole.policy, sums, trunkSums } });
  const [slopes, trunkSlopes] = grad([loss], [sums, trunkSums]);
  const begins = parts.map((_, index) => parts.slice(0, index).reduce((sum, part) => sum + part.length, 0));
  const along = (values: Tensor, all: Tensor | undefined, index: number): Tensor =>
    all === undefined ? values.sum().mul(0) : values.mul(all.narrow(0, begins[index] ?? 0, values.size(0))).sum();
  return {
    metrics,
    memory: () => memory,
    share(index, policy) {
      const { sums: ours, trunkSums: prompts } = policy();
      return { loss: along(ours, slopes, index).add(along(prompts, trunkSlopes, index)) };
    },
  };
}

/** Scores of parts of a step as those of all of it. */
export function joinedScores(parts: readonly Scores[]): Scores {
  const step = parts[0]?.policy.step;
  const references = parts.flatMap(({ reference }) => reference ?? []);
  const referenceStep = references[0]?.step;
  if (step === undefined) throw new RangeError('a step has at least one tree');
  return {
    policy: joined(
      parts.map(({ policy }) => policy),
      step,
    ),
    reference: referenceStep && joined(references, referenceStep),
  };
}

function scoreWhole(
  frame: StepFrame,
  parts: readonly (readonly Tree[])[],
  around: (index: number, body: () => void) => void,
): Scores {
  const scored: Scores[] = [];
  // under the dropout that the pass with gradients will have
  parts.forEach((part, index) => {
    around(index, () => {
      scored.push(scope(() => noGrad(() => ({ policy: frame.policy(part), reference: frame.reference(part) }))));
    });
  });
  return joinedScores(scored);
}
