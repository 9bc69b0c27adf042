import type { z } from 'zod';
import type { Contribution, Method, MethodNotes } from '../objective.js';
import type { Credits, OnlineMethod, RolloutDefaults, Sampled, TokenScores } from './online-method.js';

export interface Common<N extends string, S extends z.ZodType> extends MethodNotes {
  readonly name: N;
  readonly config: S;
  readonly defaults: RolloutDefaults;
  readonly leastResponses?: number;
}

export interface Sampling<N extends string, S extends z.ZodType> extends Common<N, S> {
  readonly reference: (config: z.output<S>) => boolean;
  readonly critic?: (config: z.output<S>) => 'own' | 'shared';
  readonly compares?: (config: z.output<S>) => boolean;
  readonly initialMemory?: (config: z.output<S>) => readonly number[];
  credit(responses: readonly Sampled[], memory: readonly number[], config: z.output<S>): Credits;
  loss(scores: TokenScores, config: z.output<S>): Contribution;
}

/** A method that weighs the tokens of its own samples. */
export function defineSampling<const N extends string, S extends z.ZodType>(
  definition: Sampling<N, S>,
): OnlineMethod<N, S> & Pick<Sampling<N, S>, 'credit' | 'loss'> {
  const { name, formula, source, use, config, defaults, leastResponses = 1 } = definition;
  return {
    name,
    notes: { formula, source, use },
    reference: 'optional',
    defaults,
    leastResponses,
    config,
    credit: (responses, memory, settings) => definition.credit(responses, memory, settings),
    loss: (scores, settings) => definition.loss(scores, settings),
    bind(input) {
      const settings = config.parse(input);
      return {
        kind: 'tokens',
        name,
        reference: definition.reference(settings),
        critic: definition.critic?.(settings),
        compares: definition.compares?.(settings) ?? false,
        initialMemory: definition.initialMemory?.(settings) ?? [],
        credit: (responses, memory) => definition.credit(responses, memory, settings),
        loss: (scores) => definition.loss(scores, settings),
      };
    },
  };
}

/** A method that makes pairs of its own samples and gives them to an offline one. */
export function definePairing<const N extends string, S extends z.ZodType>({
  of,
  config,
  name,
  formula,
  source,
  use,
}: MethodNotes & {
  readonly name: N;
  readonly of: Method;
  /** The settings of the offline method, with the defaults that suit a policy's own samples. */
  readonly config: S;
}): OnlineMethod<N, S> {
  return {
    name,
    notes: { formula, source, use },
    reference: of.reference,
    defaults: { responses: 2, epochs: 1 },
    leastResponses: 2,
    config,
    bind: (input) => ({ kind: 'pairs', name, objective: of.bind(config.parse(input)) }),
  };
}
