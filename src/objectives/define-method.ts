import type { z } from 'zod';
import { OrpoError } from '../errors.js';
import type { BoundObjective, Method, MethodNotes, Objective } from './objective.js';

type Definition<N extends string, S extends z.ZodType> = Objective<z.output<S>> &
  MethodNotes & { readonly name: N; readonly config: S };

/** An objective with its settings' schema and notes becomes a method. A setting `nll: full` lets prompts be scored. */
export function defineMethod<const N extends string, S extends z.ZodType>(
  definition: Definition<N, S>,
): Method<N, S> & Pick<Objective<z.output<S>>, 'loss'> {
  const { name, shape, formula, source, use, config, coupled = false } = definition;
  const { reads = 'log-probs', mismatched = false } = definition;
  const { reference, remember } = definition;
  return {
    name,
    shape,
    reads,
    config,
    notes: { formula, source, use },
    reference: typeof reference === 'function' ? 'optional' : reference,
    coupled,
    mismatched,
    loss: (policy, other, settings) => definition.loss(policy, other, settings),
    bind(input): BoundObjective {
      const settings = config.parse(input);
      return {
        name,
        shape,
        reads,
        reference: typeof reference === 'function' ? reference(settings) : reference,
        nll: scoresPrompts(settings) ? 'full' : 'response',
        coupled,
        mismatched,
        initialMemory: remember?.initial ?? [],
        loss(policy, other) {
          if (other === undefined && (typeof reference === 'function' ? reference(settings) : reference))
            throw new OrpoError('internal', `${name} was not given its reference.`, 'Please report this.');
          return definition.loss(policy, other, settings);
        },
        remember: (before, policy, other) => remember?.update(before, policy, other, settings) ?? before,
      };
    },
  };
}

function scoresPrompts(settings: unknown): boolean {
  return typeof settings === 'object' && settings !== null && 'nll' in settings && settings.nll === 'full';
}
