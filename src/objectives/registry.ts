import type { z } from 'zod';
import type { BranchScores, Contribution, Objective, ObjectiveShape } from './objective.js';
import { orpo, orpoConfig } from './orpo.js';
import { sft, sftConfig } from './sft.js';

/** An objective whose settings are bound: only scores are missing. */
export interface BoundObjective {
  readonly shape: ObjectiveShape;
  readonly reference: boolean;
  /** Whether trunks are scored. */
  readonly nll: 'full' | 'response';
  loss(policy: BranchScores, reference: BranchScores | undefined): Contribution;
}

/** Binds an objective to settings, checked and completed by its schema. */
function bind<C extends { nll: 'full' | 'response' }>(objective: Objective<C>, schema: z.ZodType<C>) {
  return (input: unknown): BoundObjective => {
    const settings = schema.parse(input);
    return {
      shape: objective.shape,
      reference: objective.reference,
      nll: settings.nll,
      loss: (policy, reference) => objective.loss(policy, reference, settings),
    };
  };
}

/** Every method by name. */
export const methods = {
  orpo: bind(orpo, orpoConfig),
  sft: bind(sft, sftConfig),
} as const;
