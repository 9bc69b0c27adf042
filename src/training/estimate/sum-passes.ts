import type { Tree } from '../../data/tree.js';
import { addEffort, type Effort, NO_EFFORT } from '../cost.js';
import type { MemoryPlan } from './memory-plan.js';
import { type ModelTrace, passFlops } from './model-trace.js';
import { isPass, type Pass, type PassModel, type Planned } from './pass.js';

/** One kind of pass of one size, and how often. */
export interface Counted {
  readonly pass: Pass;
  readonly flops: number;
}

/** What a run computes, summed up. */
export interface PassSums {
  readonly efforts: Readonly<Record<Pass['part'], Effort>>;
  /** Updates of the weights. */
  readonly moves: number;
  /** Passes that learn. */
  readonly learning: number;
  /** Most bytes above what always lies there. */
  readonly peak: Readonly<Record<Pass['part'], number>>;
  /** Forests of the run: the smallest, a middling and the largest that it learns from. */
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly trees: readonly Tree[];
  readonly tokens: number;
  readonly flops: { readonly learn: number; readonly look: number };
}

/** Middling is what lies in the middle of so many passes. */
const LOOKED_AT = 256;

/** Goes through all passes once, and picks what is worth measuring. */
export function surveyPasses(planned: Iterable<Planned>, policy: ModelTrace): Pick<PassSums, 'samples'> {
  const first: Sample[] = [];
  let least: Sample | undefined;
  let most: Sample | undefined;
  for (const one of planned) {
    if (!isPass(one) || one.trees === undefined) continue;
    const { trees, shape } = one;
    const flops = { learn: passFlops(policy, shape, true), look: passFlops(policy, shape, false) };
    const sample = { trees, tokens: shape.tokens, flops };
    if (first.length < LOOKED_AT) first.push(sample);
    if (least === undefined || flops.learn < least.flops.learn) least = sample;
    if (most === undefined || flops.learn > most.flops.learn) most = sample;
  }
  first.sort((a, b) => a.flops.learn - b.flops.learn);
  const middle = first[first.length >> 1];
  const samples = [least, middle, most].flatMap((sample) => sample ?? []);
  // alike ones say nothing more
  return {
    samples: samples.filter((one, i) => i === 0 || one.flops.learn > 1.02 * (samples[i - 1]?.flops.learn ?? 0)),
  };
}

/** Sums up work and time; `secondsOf` tells the time of one pass, `memory` the bytes at its peak. */
export function sumPasses(
  planned: Iterable<Planned>,
  traces: Readonly<Record<PassModel, ModelTrace>>,
  secondsOf: (counted: Counted) => number,
  memory: MemoryPlan,
): Omit<PassSums, 'samples'> {
  const efforts = { updates: NO_EFFORT, evaluations: NO_EFFORT, reference: NO_EFFORT };
  let moves = 0;
  let learning = 0;
  const peak = { updates: 0, evaluations: 0, reference: 0 };
  let micro = 0;
  for (const one of planned) {
    if (!isPass(one)) {
      moves++;
      learning += micro;
      peak.updates = Math.max(peak.updates, memory.atMove(micro));
      micro = 0;
      continue;
    }
    const { part, model, kind, shape, times } = one;
    peak[part] = Math.max(peak[part], memory.atPass(one, part === 'updates' ? micro : 0));
    if (kind === 'learn' && model === 'policy') micro++;
    const flops = passFlops(traces[model], shape, kind === 'learn');
    efforts[part] = addEffort(efforts[part], {
      flops: flops * times,
      forwards: shape.tokens > 0 ? times : 0,
      tokens: shape.tokens * times,
      seconds: secondsOf({ pass: one, flops }) * times,
    });
  }
  return { efforts, moves, learning, peak };
}
