import type { Tree } from '../../data/tree.js';
import { type ModelTrace, passFlops } from './model-trace.js';
import { isPass, type Planned } from './pass.js';

/** A forest of a run that is worth measuring. */
export interface Sample {
  readonly trees: readonly Tree[];
  readonly tokens: number;
  readonly flops: { readonly learn: number; readonly look: number };
  /** Too large to be learnt from at once in this run. */
  readonly lookOnly: boolean;
  /** For its time alone, if there is time for it: memory follows from the others. */
  readonly extra: boolean;
}

/** Middling is what lies in the middle of so many passes. */
const LOOKED_AT = 256;

/** Goes through all passes once, and picks what is worth measuring. */
export function surveyPasses(planned: Iterable<Planned>, policy: ModelTrace): readonly Sample[] {
  const first: Sample[] = [];
  let least: Sample | undefined;
  let most: Sample | undefined;
  let longest = 0;
  for (const one of planned) {
    if (isPass(one) && one.kind === 'look') longest = Math.max(longest, one.shape.tokens);
    if (!isPass(one) || one.trees === undefined) continue;
    const { trees, shape } = one;
    const flops = { learn: passFlops(policy, shape, true), look: passFlops(policy, shape, false) };
    const sample = { trees, tokens: shape.tokens, flops, lookOnly: false, extra: false };
    if (first.length < LOOKED_AT) first.push(sample);
    if (least === undefined || flops.learn < least.flops.learn) least = sample;
    if (most === undefined || flops.learn > most.flops.learn) most = sample;
  }
  first.sort((a, b) => a.flops.learn - b.flops.learn);
  const middle = first[first.length >> 1];
  if (most === undefined) return [];
  const samples = [most];
  for (const one of [middle, least])
    if (one !== undefined && (samples[0]?.flops.learn ?? 0) > SPREAD * one.flops.learn) samples.unshift(one);
  const long = longest > SPREAD * most.tokens ? [longLook(most, longest)] : [];
  return [...samples, ...long, ...others(first, samples)];
}

/** Further forests of other sizes, evenly from the smallest to the largest. */
function others(sorted: readonly Sample[], samples: readonly Sample[]): Sample[] {
  const sizes = new Set(samples.map(({ tokens }) => tokens));
  return Array.from({ length: EXTRA }, (_, i) => sorted[Math.floor(((i + 0.5) / EXTRA) * sorted.length)]).flatMap(
    (one) => {
      if (one === undefined || sizes.has(one.tokens)) return [];
      sizes.add(one.tokens);
      return { ...one, extra: true };
    },
  );
}

const EXTRA = 6;

/** Lines through points that lie closer together would show nothing but noise. */
const SPREAD = 1.25;
/** Longer passes are taken to be in proportion. */
const LONGEST = 8192;

/** The same trees again and again, as many tokens as the longest pass without gradients has. */
function longLook({ trees, tokens, flops }: Sample, longest: number): Sample {
  const times = Math.ceil(Math.min(longest, LONGEST) / tokens);
  return {
    trees: Array.from({ length: times }, () => trees).flat(),
    tokens: times * tokens,
    flops: { learn: times * flops.learn, look: times * flops.look },
    lookOnly: true,
    extra: false,
  };
}
