import { philox, streams } from '../data/random.js';
import { OrpoError } from '../errors.js';
import type { GenerateOptions } from './config.js';
import { applyTemperature, keepTopK, keepTopP, penaliseRepetition, weightsOf } from './score-rules.js';

/** Where a token stands: draws depend on nothing else, so neither batches nor other rows change them. */
export interface Place {
  /** The row's own stream. */
  readonly row: number;
  /** Index of the token in its response. */
  readonly position: number;
  /** Ids of the prompt and of the response so far. */
  readonly seen: ReadonlySet<number>;
}

export type SamplingOptions = Pick<GenerateOptions, 'temperature' | 'topK' | 'topP' | 'repetitionPenalty' | 'seed'>;

/** Whether the likeliest token is always taken as it is, so that no scores need to be read out. */
export function isPlainGreedy(options: SamplingOptions): boolean {
  return options.temperature === 0 && options.repetitionPenalty === 1;
}

/** Whether tokens are drawn by their probabilities at a temperature and nothing else. */
export function isPlainDraw({ temperature, topK, topP, repetitionPenalty }: SamplingOptions): boolean {
  return temperature > 0 && topK === 0 && topP === 1 && repetitionPenalty === 1;
}

/**
 * Chooses a token id from a row's logits `[V]`, which it overwrites: penalty, temperature, top-k, top-p, draw, in the
 * order of transformers. With temperature 0 the likeliest after the penalty.
 */
export function sample(logits: Float32Array, options: SamplingOptions, place: Place): number {
  const { temperature, topK, topP, repetitionPenalty, seed } = options;
  if (repetitionPenalty !== 1) penaliseRepetition(logits, place.seen, repetitionPenalty);
  if (temperature === 0) return highest(logits);
  applyTemperature(logits, temperature);
  if (topK > 0) keepTopK(logits, topK);
  if (topP < 1) keepTopP(logits, topP);
  return draw(logits, uniform(seed, place.row, place.position));
}

/** A number from 0 up to 1 with 53 random bits, a function of its arguments. */
export function uniform(seed: number, row: number, position: number): number {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const;
  const [high, low] = philox([position >>> 0, row >>> 0, streams.sampling, 0], key);
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/** The id at which the cumulated probabilities pass `at`, 0 <= at < 1. */
function draw(scores: Float32Array, at: number): number {
  const weights = weightsOf(scores);
  let total = 0;
  for (const weight of weights) total += weight;
  if (!Number.isFinite(total)) throw notFinite();
  let rest = at * total;
  let last = 0;
  for (let id = 0; id < weights.length; id++) {
    const weight = weights[id] ?? 0;
    if (weight === 0) continue;
    if (rest < weight) return id;
    rest -= weight;
    last = id;
  }
  // rounding may leave a remainder behind the last token
  return last;
}

function highest(scores: Float32Array): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if ((scores[id] ?? 0) > (scores[best] ?? 0)) best = id;
  return best;
}

/** What is thrown when a model's scores are no numbers. */
export function notFinite(): OrpoError {
  return new OrpoError(
    'numeric',
    "The model's scores of the next token are not finite.",
    'Its weights are damaged or training diverged: use an earlier checkpoint.',
  );
}
