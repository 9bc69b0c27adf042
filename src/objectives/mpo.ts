import { z } from 'zod';
import { OrpoError } from '../errors.js';
import { zeros } from '../torch/index.js';
import type { BoundObjective, BranchScores, Contribution, Method, ObjectiveShape } from './objective.js';

const part = z.strictObject({
  method: z.string().describe('Name of another method'),
  weight: z.number().positive().default(1).describe('Factor on its loss'),
  objective: z.record(z.string(), z.unknown()).default({}).describe('Its settings'),
});

const config = z
  .strictObject({
    parts: z
      .array(part)
      .min(1)
      .default([
        { method: 'dpo', weight: 0.8, objective: {} },
        { method: 'bco_pair', weight: 0.2, objective: {} },
        { method: 'sft', weight: 1, objective: {} },
      ])
      .describe('The methods that are added up'),
  })
  .prefault({});

/** Mixed preference optimisation: any weighted sum of the other methods, on one batch. */
export function mixtureOf(others: Readonly<Record<string, Method>>): Method<'mpo', typeof config> {
  return {
    name: 'mpo',
    notes: {
      formula: 'Σ weight · L of the named method',
      source: 'arXiv 2411.10442',
      use: 'Several wishes at once: relative preference, absolute quality, fluency.',
    },
    shape: 'pair',
    reads: 'log-probs',
    reference: 'optional',
    coupled: false,
    mismatched: false,
    config,
    bind(input) {
      const { parts } = config.parse(input);
      return mix(
        parts.map(({ method, weight, objective }) => {
          const found = others[method];
          if (found === undefined || found.reads !== 'log-probs')
            throw new OrpoError(
              'config',
              `mpo: "${method}" is no method that could be mixed.`,
              `Use ${Object.keys(others).join(', ')}.`,
            );
          const issue = found.config.safeParse(objective).error?.issues[0];
          if (issue !== undefined)
            throw new OrpoError(
              'config',
              `mpo: the settings of ${method} do not fit: ${issue.path.join('.')} ${issue.message}.`,
              'docs/config.md lists the settings of every method.',
            );
          return { weight, bound: found.bind(objective) };
        }),
      );
    },
  };
}

interface Part {
  readonly weight: number;
  readonly bound: BoundObjective;
}

function mix(parts: readonly Part[]): BoundObjective {
  const any = (has: (bound: BoundObjective) => boolean): boolean => parts.some(({ bound }) => has(bound));
  let from = 0;
  const places = parts.map(({ bound }) => {
    const begin = from;
    from += bound.initialMemory.length;
    return { begin, end: from };
  });
  const nll = any((bound) => bound.nll === 'full') ? 'full' : 'response';
  /** Scores as one part sees them: with its own memory, without prompts when it does not score them. */
  const seenBy = ({ bound }: Part, at: number, scores: BranchScores): BranchScores => {
    const { step, trunkSums } = scores;
    const own = { ...step, memory: step.memory?.slice(places[at]?.begin, places[at]?.end) };
    if (bound.nll === nll) return { ...scores, step: own };
    return { ...scores, trunkSums: trunkSums.mul(0), step: { ...own, nllTokens: step.responseTokens } };
  };
  return {
    name: 'mpo',
    shape: shapeOf(parts),
    reads: 'log-probs',
    reference: any(({ reference }) => reference),
    nll,
    coupled: any(({ coupled }) => coupled),
    mismatched: any(({ mismatched }) => mismatched),
    initialMemory: parts.flatMap(({ bound }) => bound.initialMemory),
    loss: (policy, reference) =>
      sum(
        parts.map((part, at) => ({
          name: part.bound.name,
          weight: part.weight,
          // a part without a reference of its own is not to subtract another's
          share: part.bound.loss(seenBy(part, at, policy), part.bound.reference ? reference : undefined),
        })),
      ),
    remember: (before, policy, reference) =>
      parts.flatMap(({ bound }, at) =>
        bound.remember(
          before.slice(places[at]?.begin, places[at]?.end),
          policy,
          bound.reference ? reference : undefined,
        ),
      ),
  };
}

function sum(shares: readonly { name: string; weight: number; share: Contribution }[]): Contribution {
  let loss = zeros([], { dtype: 'float32' });
  let metrics: Contribution['metrics'] = {};
  for (const { name, weight, share } of shares) {
    loss = loss.add(share.loss.mul(weight));
    metrics = { ...share.metrics, ...metrics, [`${name}_loss`]: share.loss };
  }
  return { loss, metrics: { ...metrics, loss } };
}

function shapeOf(parts: readonly Part[]): ObjectiveShape {
  const shapes = new Set(parts.map(({ bound }) => bound.shape));
  // the better response of a pair or ranking is a demonstration too
  if (shapes.size > 1 && !shapes.has('labelled')) shapes.delete('text');
  const [shape, ...more] = shapes;
  if (shape !== undefined && more.length === 0) return shape;
  throw new OrpoError(
    'config',
    `mpo: ${parts.map(({ bound }) => `${bound.name} learns from ${bound.shape} data`).join(', ')}.`,
    'Mix methods that learn from one kind of data; sft goes with pairs and rankings.',
  );
}
