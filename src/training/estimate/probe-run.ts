import type { AdapterConfig } from '../../adapters/config.js';
import type { ModelConfig } from '../../models/model-config.js';
import { curveThrough, extrapolated, type Point } from './curve.js';
import type { Learner } from './learner.js';
import { type PassBytes, passBytes } from './memory-plan.js';
import { type PassCost, probeDecode, probeMove, probePass } from './probe.js';
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

interface DecodeProbe {
  readonly prompts: readonly Int32Array[];
  readonly samples: number;
  readonly temperature: number;
}

/** How fast this machine computes such a model, and what memory its passes take. */
export interface Speeds {
  /** Seconds of a pass of so many operations. */
  readonly learn: (flops: number) => number;
  readonly look: (flops: number) => number;
  /** Seconds that the first pass of a size takes longer. */
  readonly fresh: number;
  /** Seconds of one more token of so many rows. */
  readonly decode: (rows: number) => number;
  /** Seconds of gathering the gradients of a pass, and of an update. */
  readonly gather: number;
  readonly move: number;
  readonly bytes: PassBytes;
}

/** A model that learns this much in a pass is probed whole. */
const WHOLE_FLOPS = 6e10;
const WHOLE_WEIGHTS = 5e7;
/** Else so many layers, twice; their difference is a layer's. */
const FEW = 2;
const MORE = 5;

/** Runs the largest and other passes of a run through a slice of its model at two depths, and draws the lines through them. */
export async function probeRun(options: ProbeOptions): Promise<Speeds> {
  const { layers, weights, samples } = options;
  const heaviest = samples.reduce((most, { flops, lookOnly }) => Math.max(most, lookOnly ? 0 : flops.learn), 0);
  const whole = layers <= MORE || (heaviest <= WHOLE_FLOPS && weights <= WHOLE_WEIGHTS);
  const depths = whole ? { few: layers, more: layers, all: layers } : { few: FEW, more: MORE, all: layers };
  const few = await probeDepth(options, depths.few);
  const more = whole ? few : await probeDepth(options, depths.more);
  const deep = (of: (found: DepthCost) => number): number =>
    Math.max(0, extrapolated({ x: depths.few, y: of(few) }, { x: depths.more, y: of(more) }, layers));
  const curve = (of: (cost: PassCost) => number, kind: 'learn' | 'look') =>
    curveThrough(
      samples.flatMap(({ flops, lookOnly }, at): Point[] =>
        lookOnly && kind === 'learn' ? [] : [{ x: flops[kind], y: deep(({ passes }) => of(passes[at] ?? NONE)) }],
      ),
    );
  return {
    learn: curve(({ learnSeconds }) => learnSeconds, 'learn'),
    look: curve(({ lookSeconds }) => lookSeconds, 'look'),
    // the very first pass of all meets fresh memory, too
    fresh: Math.min(
      ...(few.passes.length > 1 ? few.passes.slice(1) : few.passes).map(({ freshSeconds }) => freshSeconds),
    ),
    decode: curveThrough(few.decode.map(({ x }, at) => ({ x, y: deep(({ decode }) => decode[at]?.y ?? 0) }))),
    gather: deep(({ gather }) => gather),
    move: deep(({ move }) => move),
    bytes: passBytes(
      samples.map(({ tokens, lookOnly }, at) => ({
        tokens,
        lookOnly,
        few: few.passes[at] ?? NONE,
        more: more.passes[at] ?? NONE,
      })),
      depths,
    ),
  };
}

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
  /** Seconds by rows. */
  readonly decode: readonly Point[];
  readonly gather: number;
  readonly move: number;
}

async function probeDepth(options: ProbeOptions, layers: number): Promise<DepthCost> {
  const { learner, samples, signal } = options;
  const slice = makeSlice({ ...options, layers });
  try {
    const passes: PassCost[] = [];
    for (const { trees, lookOnly } of samples) {
      signal?.throwIfAborted();
      passes.push(await probePass(slice, learner, trees, lookOnly));
    }
    const [first] = samples;
    const moved = first === undefined ? { gather: 0, move: 0 } : probeMove(slice, learner, first.trees);
    return { passes, ...moved, decode: decodePoints(slice, options.decode) };
  } finally {
    slice.dispose();
  }
}

function decodePoints(slice: Slice, probe: DecodeProbe | undefined): Point[] {
  if (probe === undefined) return [];
  const { prompts, samples, temperature } = probe;
  const groups = prompts.length > 1 ? [prompts.slice(0, Math.ceil(prompts.length / 4)), prompts] : [prompts];
  return groups.map((group) => ({
    x: group.length * samples,
    y: probeDecode(slice, group, samples, temperature),
  }));
}
