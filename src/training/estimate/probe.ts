import { setImmediate } from 'node:timers/promises';
import { buildForest } from '../../data/forest.js';
import type { Tree } from '../../data/tree.js';
import { generateIds } from '../../generation/generate-ids.js';
import { predictingStates } from '../../scoring/score-tokens.js';
import { quantile } from '../../statistics/quantile.js';
import { backward, memory, noGrad, resetPeak, scope } from '../../torch/index.js';
import type { Learner } from './learner.js';
import type { Slice } from './slice.js';

/** What one pass over some trees took. */
export interface PassCost {
  /** Forward and backward. */
  readonly learnSeconds: number;
  /** Forward, without gradients. */
  readonly lookSeconds: number;
  /** What the first pass of this size took longer: bfloat16 products are compiled for each size. */
  readonly freshSeconds: number;
  /** Bytes above what was there before: most in the layers, most of the forward pass, what it leaves, most of the backward pass. */
  readonly layerBytes: number;
  readonly forwardBytes: number;
  readonly keptBytes: number;
  readonly backwardBytes: number;
  /** Most of a forward pass without gradients: in the layers, and in all of it. */
  readonly lookLayerBytes: number;
  readonly lookBytes: number;
}

const REPEATS = 3;

/** Passes over trees through a slice: forward, backward, forward without gradients. */
export async function probePass(
  slice: Slice,
  learner: Learner,
  trees: readonly Tree[],
  lookOnly: boolean,
): Promise<PassCost> {
  const learn: number[] = [];
  const look: number[] = [];
  let bytes = { forwardBytes: 0, keptBytes: 0, backwardBytes: 0 };
  let lookBytes = 0;
  const layers = () => {
    predictingStates(slice.model, buildForest(trees, learner.layout));
  };
  const layerBytes = lookOnly ? 0 : peakOf(() => scope(layers));
  const lookLayerBytes = peakOf(() => scope(() => noGrad(layers)));
  let fresh = 0;
  // the first is slow: memory is fresh, and products choose their kernels
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    await setImmediate();
    const begun = performance.now();
    if (!lookOnly) bytes = learnOnce(slice, learner, trees);
    const learnt = performance.now();
    lookBytes = peakOf(() => scope(() => noGrad(() => learner.look(slice.model, trees))));
    if (repeat === 0) {
      fresh = learnt - begun;
      continue;
    }
    learn.push(learnt - begun);
    look.push(performance.now() - learnt);
  }
  const learnSeconds = median(learn) / 1000;
  const freshSeconds = Math.max(0, fresh / 1000 - learnSeconds);
  return {
    ...bytes,
    layerBytes,
    lookLayerBytes,
    lookBytes,
    learnSeconds,
    lookSeconds: median(look) / 1000,
    freshSeconds,
  };
}

/** Most bytes during `body` above what was there before. */
function peakOf(body: () => void): number {
  const before = memory().bytes;
  resetPeak();
  body();
  return memory().peakBytes - before;
}

function learnOnce(slice: Slice, learner: Learner, trees: readonly Tree[]) {
  for (const parameter of slice.trained) parameter.clearGradient();
  const before = memory().bytes;
  resetPeak();
  return scope(() => {
    const loss = learner.loss(slice.model, trees);
    const forward = memory();
    resetPeak();
    backward(loss);
    return {
      forwardBytes: forward.peakBytes - before,
      keptBytes: forward.bytes - before,
      backwardBytes: memory().peakBytes - before,
    };
  });
}

/** Gathering gradients and moving the weights by them, in seconds. */
export function probeMove(
  slice: Slice,
  learner: Learner,
  trees: readonly Tree[],
): { readonly gather: number; readonly move: number } {
  const gather: number[] = [];
  const move: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    learnOnce(slice, learner, trees);
    const begun = performance.now();
    slice.gather();
    const gathered = performance.now();
    slice.move();
    gather.push(gathered - begun);
    move.push(performance.now() - gathered);
  }
  return { gather: median(gather) / 1000, move: median(move) / 1000 };
}

const DECODED = 6;

/** Seconds of one more token of each of `samples` responses to the prompts. */
export function probeDecode(
  slice: Slice,
  prompts: readonly Int32Array[],
  samples: number,
  temperature: number,
): number {
  const options = { samples, batch: samples * prompts.length, maxTokens: DECODED, temperature, seed: 1, endIds: [] };
  const rows = prompts.length * samples;
  const times: number[] = [];
  let seen = 0;
  let begun = performance.now();
  for (const _ of generateIds(slice.model, prompts, options)) {
    seen++;
    if (seen % rows !== 1 && rows > 1) continue;
    // the first token of a round has just been chosen with all the others
    const now = performance.now();
    times.push(now - begun);
    begun = now;
  }
  // the first round reads the prompts, the second meets fresh memory
  return median(times.slice(2)) / 1000;
}

function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
