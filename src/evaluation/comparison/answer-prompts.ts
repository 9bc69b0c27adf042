import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { type EncodedPrompt, encodePrompt } from '../../generation/encode-prompt.js';
import { answerText, respond } from '../../generation/respond.js';
import type { LoadedModel } from '../../models/load-model.js';
import type { CompareConfig } from './config.js';
import { type ContentCache, digestOf } from './content-cache.js';
import type { FoundAnswer } from './findings.js';
import { type AskedPrompt, streamOf } from './prompts.js';

/** An answer as it is kept. `cut: null` where the model could not take the prompt, which is known then, too. */
export const keptAnswer = z.union([
  z.object({ text: z.string(), tokens: z.number(), cut: z.boolean(), seconds: z.number() }),
  z.object({ refused: z.string() }),
]);
export type KeptAnswer = z.infer<typeof keptAnswer>;

export interface AnswerInputs {
  readonly prompts: readonly AskedPrompt[];
  readonly generation: CompareConfig['generation'];
  /** The seed of this system. */
  readonly seed: number;
  readonly cache: ContentCache<KeptAnswer>;
  /** Loads the model at the first prompt that is not in the cache. */
  readonly load: () => Promise<LoadedModel>;
  readonly signal?: AbortSignal | undefined;
}

interface Place {
  readonly at: number;
  readonly sample: number;
  readonly key: string;
}

/** Progress: prompts done of all, how many of them came from the cache. */
export interface AnswerProgress {
  readonly done: number;
  readonly cached: number;
}

/**
 * Answers prompts, batch by batch, each once: what the cache has is not drawn again. A batch is the same prompts whether
 * some process was killed before or not, and is kept whole or not at all, so that its digits do not depend on that.
 * Yields after each batch.
 */
export async function* answerPrompts(
  inputs: AnswerInputs,
): AsyncGenerator<AnswerProgress, (FoundAnswer | undefined)[][]> {
  const { prompts, generation, seed, cache, signal } = inputs;
  const { samples, batch, precision: _, ...settings } = generation;
  const greedy = settings.temperature === 0;
  const drawn = { ...settings, seed: greedy ? 0 : seed };
  const places = prompts.map(({ prompt }, at) =>
    Array.from(
      { length: samples },
      (_s, sample): Place => ({ at, sample, key: digestOf(prompt, drawn, greedy ? 0 : sample) }),
    ),
  );
  const width = Math.max(1, Math.floor(batch / samples));
  let cached = 0;
  for (let begin = 0; begin < prompts.length; begin += width) {
    const group = places.slice(begin, begin + width);
    const open = group.flat().filter(({ key }) => cache.get(key) === undefined);
    cached += group.filter((own) => own.every(({ key }) => cache.get(key) !== undefined)).length;
    if (open.length > 0) {
      signal?.throwIfAborted();
      cache.put(answerGroup(await inputs.load(), open, prompts, { ...drawn, batch: open.length }));
      // generating computes without a pause, and signals are seen only between turns of the event loop
      await setImmediate();
    }
    yield { done: Math.min(prompts.length, begin + width), cached };
  }
  return places.map((own) =>
    own.map(({ key }) => {
      const kept = cache.get(key);
      return kept === undefined || 'refused' in kept ? undefined : kept;
    }),
  );
}

function answerGroup(
  loaded: LoadedModel,
  open: readonly Place[],
  prompts: readonly AskedPrompt[],
  settings: Parameters<typeof respond>[2],
): (readonly [string, KeptAnswer])[] {
  const begun = performance.now();
  const { positions } = loaded.model.sizes;
  const encoded = new Map<number, EncodedPrompt>();
  for (const { at } of open) if (!encoded.has(at)) encoded.set(at, encodePrompt(prompts[at]?.prompt ?? '', loaded));
  const fitting = open.flatMap((place) => {
    const prompt = encoded.get(place.at);
    return prompt === undefined || prompt.ids.length >= positions ? [] : [{ place, prompt }];
  });
  const streams = fitting.map(({ place }) => streamOf(prompts[place.at]?.prompt ?? '', place.sample));
  const responses = respond(
    loaded,
    fitting.map(({ prompt }) => prompt),
    { ...settings, streams },
  );
  const seconds = (performance.now() - begun) / 1000 / Math.max(1, responses.length);
  const answers = new Map<string, KeptAnswer>(
    fitting.flatMap(({ place, prompt }, i): [string, KeptAnswer][] => {
      const response = responses[i];
      if (response === undefined) return [];
      const { ids, stop, text } = response;
      return [[place.key, { text: answerText(prompt, text), tokens: ids.length, cut: stop === 'length', seconds }]];
    }),
  );
  return open.map(({ key, at }): readonly [string, KeptAnswer] => {
    const length = encoded.get(at)?.ids.length ?? 0;
    return [key, answers.get(key) ?? { refused: `the prompt has ${length} tokens, the model takes ${positions}` }];
  });
}
