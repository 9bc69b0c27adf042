import { addEffort, type Effort, NO_EFFORT } from '../cost.js';
import type { MemoryPlan } from './memory-plan.js';
import { type ModelTrace, passFlops } from './model-trace.js';
import { isPass, type Pass, type PassModel, type Planned } from './pass.js';

/** One kind of pass of one size, and how often. */
export interface Counted {
  readonly pass: Pass;
  readonly flops: number;
  /** No pass before it had as many tokens. */
  readonly fresh: boolean;
}

/** What a run computes, summed up. */
export interface PassSums {
  readonly efforts: Readonly<Record<Pass['part'], Effort>>;
  /** Most bytes above what always lies there. */
  readonly peak: Readonly<Record<Pass['part'], number>>;
}

/** Sums up work and time; `secondsOf` tells the time of one pass, `secondsOfMove` that of an update beside its passes, `memory` the bytes at its peak. */
export function sumPasses(
  planned: Iterable<Planned>,
  traces: Readonly<Record<PassModel, ModelTrace>>,
  secondsOf: (counted: Counted) => number,
  secondsOfMove: (micro: number) => number,
  memory: MemoryPlan,
): PassSums {
  const efforts = { updates: NO_EFFORT, evaluations: NO_EFFORT, reference: NO_EFFORT };
  const peak = { updates: 0, evaluations: 0, reference: 0 };
  let moving = 0;
  const sizes = new Set<number>();
  let micro = 0;
  for (const one of planned) {
    if (!isPass(one)) {
      moving += secondsOfMove(micro);
      peak.updates = Math.max(peak.updates, memory.atMove(micro));
      micro = 0;
      continue;
    }
    const { part, model, kind, shape, times } = one;
    // a critic learns from the policy's own micro-batch, whose peak is that of both
    if (kind !== 'learn' || model !== 'critic')
      peak[part] = Math.max(peak[part], memory.atPass(one, part === 'updates' ? micro : 0));
    if (kind === 'learn' && model === 'policy') micro++;
    const flops = passFlops(traces[model], shape, kind === 'learn');
    const fresh = !sizes.has(shape.tokens);
    sizes.add(shape.tokens);
    efforts[part] = addEffort(efforts[part], {
      flops: flops * times,
      forwards: shape.tokens > 0 ? times : 0,
      tokens: shape.tokens * times,
      seconds: secondsOf({ pass: one, flops, fresh }) + (times - 1) * secondsOf({ pass: one, flops, fresh: false }),
    });
  }
  return { efforts: { ...efforts, updates: { ...efforts.updates, seconds: efforts.updates.seconds + moving } }, peak };
}
