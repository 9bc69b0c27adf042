import { setImmediate } from 'node:timers/promises';
import { buildForest } from '../../data/forest.js';
import type { Tree } from '../../data/tree.js';
import { generateIds } from '../../generation/generate-ids.js';
import { responseText } from '../../generation/respond.js';
import { predictingStates } from '../../scoring/score-tokens.js';
import { quantile } from '../../statistics/quantile.js';
import type { Tokenizer } from '../../text/tokenizer.js';
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

/**
 * Passes over trees through a slice: forward, backward, forward without gradients. The first is slow: memory is fresh, and
 * products choose their kernels.
 */
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
  let fresh = 0;
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
  const layers = () => {
    predictingStates(slice.model, buildForest(trees, learner.layout));
  };
  const layerBytes = lookOnly ? 0 : peakOf(() => scope(layers));
  const lookLayerBytes = peakOf(() => scope(() => noGrad(layers)));
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

/** Seconds of gathering gradients and of moving the weights by them, without the passes themselves. */
export interface MoveCost {
  /** An update of one micro-batch, whose gradients stay as they are. */
  readonly one: number;
  /** An update of two, whose gradients are summed in float32. */
  readonly two: number;
  /** Each micro-batch beyond. */
  readonly further: number;
}

export function probeMove(slice: Slice, learner: Learner, trees: readonly Tree[]): MoveCost {
  const gather = (): number => {
    scope(() => backward(learner.loss(slice.model, trees)));
    return timed(() => slice.gather());
  };
  const times = Array.from({ length: REPEATS }, (): MoveCost => {
    for (const parameter of slice.trained) parameter.clearGradient();
    const one = gather() + timed(() => slice.move());
    const further = [gather(), gather(), gather()];
    const [first = 0, second = 0, third = 0] = further;
    return { one, two: first + second + timed(() => slice.move()), further: third };
  });
  const middle = (of: (cost: MoveCost) => number): number => median(times.map(of));
  return { one: middle(({ one }) => one), two: middle(({ two }) => two), further: middle(({ further }) => further) };
}

/** Seconds that `body` takes. */
function timed(body: () => void): number {
  const begun = performance.now();
  body();
  return (performance.now() - begun) / 1000;
}

/** Tokens of each response: over fewer, two threads that wait for one another now and then are not met as often as in a run. */
const DECODED = 24;

export interface DecodeProbe {
  readonly prompts: readonly Int32Array[];
  /** Responses to each. */
  readonly samples: number;
  readonly temperature: number;
  readonly tokenizer: Tokenizer;
}

/** Seconds of sampling, the texts of the tokens among them. */
export interface DecodeCost {
  /** What the first token of each response takes, with the reading of the prompts and the memory that the second meets. */
  readonly opening: number;
  /** One more token of each. */
  readonly round: number;
}

/** The second sampling of two: the first meets fresh memory everywhere. */
export function probeDecode(slice: Slice, probe: DecodeProbe): DecodeCost {
  decodeRounds(slice, probe);
  const [first = 0, second = 0, ...others] = decodeRounds(slice, probe);
  // the mean, since what now and then takes longer does so in a run too
  const round = others.reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, others.length);
  return { opening: Math.max(0, first + second - round), round };
}

/** Seconds of each round, in which every response gets a token. */
function decodeRounds(slice: Slice, { prompts, samples, temperature, tokenizer }: DecodeProbe): number[] {
  const options = { samples, batch: samples * prompts.length, maxTokens: DECODED, temperature, seed: 1, endIds: [] };
  const rows = prompts.length * samples;
  const texts = prompts.flatMap((ids) =>
    Array.from({ length: samples }, () => responseText(tokenizer, { ids, continued: true, spaceBefore: true }, [])),
  );
  const times: number[] = [];
  let seen = 0;
  let begun = performance.now();
  for (const { row, id } of generateIds(slice.model, prompts, options)) {
    if (seen++ % rows === 0) {
      // the first token of a round has just been chosen with all the others
      const now = performance.now();
      times.push((now - begun) / 1000);
      begun = now;
    }
    texts[row]?.push(id);
  }
  return times;
}

export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
