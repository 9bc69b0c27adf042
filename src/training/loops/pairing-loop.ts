import type { Tree } from '../../data/tree.js';
import type { CausalLM } from '../../models/causal-lm.js';
import type { AdamW } from '../../nn/adamw.js';
import type { Parameter } from '../../nn/parameter.js';
import type { BoundPairing } from '../../objectives/online/online-method.js';
import type { Scorer } from '../../scoring/score-trees.js';
import { scope } from '../../torch/index.js';
import { gradientStep, type StepOutcome } from '../gradient-step.js';
import { applyGradients } from './apply-gradients.js';
import type { Loop, UpdatePlace } from './loop.js';
import { type Answered, answeredTrees, bestAndWorst, rolloutMetrics } from './rollout.js';
import type { Rollouts } from './rollouts.js';

export interface PairingParts {
  readonly method: BoundPairing;
  readonly model: CausalLM;
  readonly reference: Scorer | undefined;
  readonly rollouts: Rollouts;
  readonly trained: readonly Parameter[];
  readonly optimiser: AdamW;
  /** More metrics of the answers to held-out prompts. */
  readonly onEvaluation: (answered: readonly Answered[]) => Record<string, number>;
  readonly settings: { readonly microTokens: number; readonly clip: number };
}

/** Samples, has the samples rewarded, and gives the best and the worst of each prompt to an offline objective. */
export function pairingLoop(parts: PairingParts): Loop {
  const { rollouts } = parts;
  return {
    writes: true,
    advance: (place) => advance(parts, place),
    evaluate: () => rollouts.evaluate(parts.onEvaluation),
    close: () => rollouts.close(),
  };
}

async function advance(
  { method, model, reference, rollouts, trained, optimiser, settings }: PairingParts,
  { step, learningRate, memory }: UpdatePlace,
): Promise<StepOutcome> {
  const { prompts, responses, rewarded } = await rollouts.at(step);
  const pairs = answeredTrees(prompts, responses, rewarded.rewards).flatMap(({ tree, rewards: own }): Tree[] => {
    const places = bestAndWorst(own);
    if (places === undefined) return [];
    const branches = places.flatMap((at) => tree.branches[at] ?? []);
    return alike(branches) ? [] : [{ ...tree, branches }];
  });
  const ofRollout = { ...rolloutMetrics(responses, rewarded), ties: 1 - pairs.length / prompts.length };
  // nothing is learnt where every prompt's responses are equally good
  if (pairs.length === 0) return { metrics: ofRollout, gradientNorm: 0, tokens: 0, memory };
  const { microTokens, clip } = settings;
  const outcome = scope(() =>
    gradientStep(model, trained, method.objective, pairs, { microTokens, reference, memory }),
  );
  applyGradients(trained, optimiser, { norm: outcome.gradientNorm, clip, learningRate });
  return { ...outcome, metrics: { ...ofRollout, ...outcome.metrics } };
}

/** Two responses of the same tokens, whose rewards differ by chance. */
function alike(branches: Tree['branches']): boolean {
  const [one, other] = branches;
  return one?.ids.join() === other?.ids.join();
}
