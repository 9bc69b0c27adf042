import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { dataConfig } from '../../data/config.js';
import { loadDataset } from '../../data/dataset.js';
import type { LoadedModel } from '../../models/load-model.js';
import { scorePairs } from '../../scoring/score-pairs.js';
import type { CompareConfig } from './config.js';
import { type ContentCache, digestOf } from './content-cache.js';
import type { HeldOutScore } from './preference.js';

/** Pairs scored between two writes. */
const CHUNK = 32;

const scores = z.array(
  z.object({
    place: z.string(),
    chosen: z.number(),
    rejected: z.number(),
    chosenTokens: z.number(),
    rejectedTokens: z.number(),
  }),
);

/** Scores of a stretch of pairs, or what became of the whole file, which is written last. */
export const keptScores = z.union([
  z.object({ scores }),
  z.object({ chunks: z.number(), dropped: z.record(z.string(), z.number()) }),
]);
export type KeptScores = z.infer<typeof keptScores>;

export interface HeldOutInputs {
  readonly path: string;
  readonly sha256: string;
  readonly config: Pick<CompareConfig, 'columns' | 'onMalformed' | 'maxLength' | 'pairLimit'>;
  readonly cache: ContentCache<KeptScores>;
  readonly load: () => Promise<LoadedModel>;
  readonly signal?: AbortSignal | undefined;
}

export interface HeldOut {
  readonly scores: readonly HeldOutScore[];
  /** Rows this model's tokens leave out, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** Scores held-out pairs, each once. Yields the number done of all after each stretch. */
export async function* scoreHeldOut(
  inputs: HeldOutInputs,
): AsyncGenerator<{ readonly done: number; readonly total: number }, HeldOut> {
  const { path, sha256, config, cache, signal } = inputs;
  const { columns, onMalformed, maxLength, pairLimit } = config;
  const key = digestOf('pairs', sha256, columns ?? null, onMalformed, maxLength, pairLimit ?? null);
  const known = wholeOf(cache, key);
  if (known !== undefined) return known;
  signal?.throwIfAborted();
  const { tokenizer, template, bos, model } = await inputs.load();
  const { learnedPositions, positions } = model.sizes;
  const most = learnedPositions ? Math.min(maxLength, positions) : maxLength;
  const data = dataConfig.parse({ train: path, maxLength: most, columns, onMalformed });
  const { train, report } = await loadDataset(data, { tokenizer, template, bos, shape: 'pair', signal });
  const trees = train.slice(0, pairLimit);
  const places = placesOf(trees.map(({ origin }) => origin.row));
  for (let begin = 0; begin < trees.length; begin += CHUNK) {
    const name = `${key}-${begin / CHUNK}`;
    if (cache.get(name) === undefined) {
      signal?.throwIfAborted();
      const found = scorePairs(model, trees.slice(begin, begin + CHUNK));
      cache.put([[name, { scores: found.map((pair, i) => ({ place: places[begin + i] ?? '', ...pair })) }]]);
      // scoring computes without a pause, and signals are seen only between turns of the event loop
      await setImmediate();
    }
    yield { done: Math.min(trees.length, begin + CHUNK), total: trees.length };
  }
  const dropped: Record<string, number> = {};
  for (const file of report.files)
    for (const [reason, { count }] of Object.entries(file.dropped))
      if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count;
  cache.put([[key, { chunks: Math.ceil(trees.length / CHUNK), dropped }]]);
  return wholeOf(cache, key) ?? { scores: [], dropped };
}

function wholeOf(cache: ContentCache<KeptScores>, key: string): HeldOut | undefined {
  const whole = cache.get(key);
  if (whole === undefined || !('chunks' in whole)) return undefined;
  const chunks = Array.from({ length: whole.chunks }, (_, at) => cache.get(`${key}-${at}`));
  const parts = chunks.flatMap((chunk) => (chunk !== undefined && 'scores' in chunk ? [chunk.scores] : []));
  return parts.length === whole.chunks ? { scores: parts.flat(), dropped: whole.dropped } : undefined;
}

/** A name for each pair: its row, and which of the row's pairs it is. */
function placesOf(rows: readonly number[]): string[] {
  const seen = new Map<number, number>();
  return rows.map((row) => {
    const before = seen.get(row) ?? 0;
    seen.set(row, before + 1);
    return `${row}.${before}`;
  });
}
