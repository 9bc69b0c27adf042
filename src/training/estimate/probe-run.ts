import type { AdapterConfig } from '../../adapters/config.js';
import type { ModelConfig } from '../../models/model-config.js';
import { curveThrough, extrapolated, lineThrough, type Point } from './curve.js';
import type { Learner } from './learner.js';
import { type PassBytes, passBytes } from './memory-plan.js';
import {
  type DecodeCost,
  type DecodeProbe,
  type MoveCost,
  median,
  type PassCost,
  probeDecode,
  probeMove,
  probePass,
} from './probe.js';
import { makeSlice, type Slice } from './slice.js';
import type { Sample } from './survey.js';

export interface ProbeOptions {
  readonly config: ModelConfig;
  readonly adapter: AdapterConfig | undefined;
  readonly precision: 'fp32' | 'bf16';
  /** Of the whole model. */
  readonly layers: number;
  readonly weights: number;
  readonly learner: Learner;
  /** What is passed over: forests of the run itself, of different size, with the operations of a pass that learns. */
  readonly samples: readonly Sample[];
  readonly decode: DecodeProbe | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How fast this machine computes such a model, and what memory its passes take. */
export interface Speeds {
  /** Seconds of a pass of so many operations. */
  readonly learn: (flops: number) => number;
  readonly look: (flops: number) => number;
  /** Seconds that the first pass of a size takes longer. */
  readonly fresh: number;
  /** Seconds until so many rows have their first token, and of one more token of each. */
  readonly open: (rows: number) => number;
  readonly decode: (rows: number) => number;
  /** Seconds of gathering the gradients of so many micro-batches and moving the weights by them. */
  readonly move: (micro: number) => number;
  readonly bytes: PassBytes;
}

/** A model that learns this much in a pass is probed whole. */
const WHOLE_FLOPS = 6e10;
const WHOLE_WEIGHTS = 5e7;
/** Milliseconds after which no further forests are measured. */
const PATIENCE = 2000;
/** Else so many layers, twice; their difference is a layer's. The further apart, the less a disturbance counts. */
const FEW = 2;
const MORE = 10;

/** Runs the largest and other passes of a run through a slice of its model at two depths, and draws the lines through them. */
export async function probeRun(options: ProbeOptions): Promise<Speeds> {
  const { layers, weights, samples } = options;
  const heaviest = samples.reduce((most, { flops, lookOnly }) => Math.max(most, lookOnly ? 0 : flops.learn), 0);
  const whole = layers <= MORE || (heaviest <= WHOLE_FLOPS && weights <= WHOLE_WEIGHTS);
  const depths = whole ? { few: layers, more: layers, all: layers } : { few: FEW, more: MORE, all: layers };
  const few = await probeDepth(options, depths.few);
  const more = whole
    ? few
    : await probeDepth({ ...options, samples: samples.slice(0, few.passes.length) }, depths.more);
  const deep = (of: (found: DepthCost) => number): number =>
    Math.max(0, extrapolated({ x: depths.few, y: of(few) }, { x: depths.more, y: of(more) }, layers));
  const curve = (of: (cost: PassCost) => number, kind: 'learn' | 'look') =>
    lineThrough(
      few.passes.flatMap((_, at): Point[] => {
        const { flops, lookOnly } = samples[at] ?? NO_SAMPLE;
        const y = deep(({ passes }) => of(passes[at] ?? NONE));
        return lookOnly && kind === 'learn' ? [] : [{ x: flops[kind], y }];
      }),
    );
  const others = few.passes.slice(1);
  // the very first pass of all meets fresh memory, too
  const fresh = median((others.length > 0 ? others : few.passes).map(({ freshSeconds }) => freshSeconds));
  const moves: MoveCost = {
    one: deep(({ move }) => move.one),
    two: deep(({ move }) => move.two),
    further: deep(({ move }) => move.further),
  };
  const sampling = (of: (cost: DecodeCost) => number) =>
    curveThrough(
      few.decode.map(({ rows }, at) => ({ x: rows, y: deep(({ decode }) => of(decode[at] ?? NO_DECODING)) })),
    );
  return {
    learn: curve(({ learnSeconds }) => learnSeconds, 'learn'),
    look: curve(({ lookSeconds }) => lookSeconds, 'look'),
    fresh,
    open: sampling(({ opening }) => opening),
    decode: sampling(({ round }) => round),
    move: (micro) => (micro < 2 ? moves.one : moves.two + (micro - 2) * moves.further),
    bytes: passBytes(
      samples.flatMap(({ tokens, lookOnly, extra }, at) =>
        extra ? [] : [{ tokens, lookOnly, few: few.passes[at] ?? NONE, more: more.passes[at] ?? NONE }],
      ),
      depths,
    ),
  };
}

const NO_SAMPLE = { flops: { learn: 0, look: 0 }, lookOnly: false };
const NO_DECODING: DecodeCost = { opening: 0, round: 0 };
const NONE: PassCost = {
  learnSeconds: 0,
  lookSeconds: 0,
  freshSeconds: 0,
  layerBytes: 0,
  forwardBytes: 0,
  keptBytes: 0,
  backwardBytes: 0,
  lookLayerBytes: 0,
  lookBytes: 0,
};

interface DepthCost {
  readonly passes: readonly PassCost[];
  readonly decode: readonly (DecodeCost & { readonly rows: number })[];
  readonly move: MoveCost;
}

async function probeDepth(options: ProbeOptions, layers: number): Promise<DepthCost> {
  const { learner, samples, signal } = options;
  const slice = makeSlice({ ...options, layers });
  try {
    const passes: PassCost[] = [];
    const begun = performance.now();
    for (const { trees, lookOnly, extra } of samples) {
      signal?.throwIfAborted();
      if (extra && performance.now() - begun > PATIENCE) break;
      passes.push(await probePass(slice, learner, trees, lookOnly));
    }
    const [first] = samples;
    const move = first === undefined ? { one: 0, two: 0, further: 0 } : probeMove(slice, learner, first.trees);
    return { passes, move, decode: decodePoints(slice, options.decode) };
  } finally {
    slice.dispose();
  }
}

function decodePoints(slice: Slice, probe: DecodeProbe | undefined): DepthCost['decode'] {
  if (probe === undefined) return [];
  const { prompts, samples } = probe;
  const groups = prompts.length > 1 ? [prompts.slice(0, Math.ceil(prompts.length / 4)), prompts] : [prompts];
  return groups.map((group) => ({
    rows: group.length * samples,
    ...probeDecode(slice, { ...probe, prompts: group }),
  }));
}
