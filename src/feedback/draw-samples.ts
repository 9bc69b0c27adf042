import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { dropReasons } from '../data/accounting.js';
import type { Side } from '../data/records.js';
import { JsonlLog, readJsonlLog } from '../files/jsonl-log.js';
import { parseGenerateOptions } from '../generation/config.js';
import { type EncodedPrompt, encodePrompt } from '../generation/encode-prompt.js';
import { answerText, respond } from '../generation/respond.js';
import { type CandidateRow, usable } from './candidates.js';
import type { FeedbackConfig, SampleConfig } from './config.js';
import { grouped, skipping } from './in-order.js';
import { type OpenOptions, openLocal } from './open-judge.js';
import { type PromptRow, readPromptRows } from './read-prompts.js';

const side = z.union([z.string(), z.array(z.object({ role: z.string(), content: z.string() }))]);

/** A line of the samples: a prompt with the responses drawn for it, or why there are none. */
const line = z.union([
  z.object({ row: z.number(), prompt: side, responses: z.array(z.string()) }),
  z.object({ row: z.number(), dropped: z.enum(dropReasons) }),
]);

export type Line = z.infer<typeof line>;

/** Most responses of a prompt, so that every one has a random stream of its own. */
const MOST = 64;

/** Tokens a prompt must leave to its responses. */
const ROOM = 1;

/**
 * Draws the responses to all prompts into a log, in their order, and goes on where an earlier process stopped. What
 * is drawn depends on the seed, the number of the prompt and that of the response alone. Yields the number of prompts done.
 *
 * @throws OrpoError as reading the prompts, loading the model and generating do
 */
export async function* drawSamples(
  config: Pick<FeedbackConfig, 'columns' | 'onMalformed' | 'limit' | 'seed'>,
  sample: SampleConfig,
  prompts: string,
  path: string,
  options: OpenOptions & { readonly signal?: AbortSignal | undefined },
): AsyncGenerator<number> {
  const log = new JsonlLog(path);
  let model: Awaited<ReturnType<typeof openLocal>> | undefined;
  try {
    let done = [...readJsonlLog(path)].length;
    const { samples } = sample;
    const together = Math.max(1, Math.floor(sample.batch / samples));
    for await (const group of grouped(skipping(readPromptRows(prompts, config), done, config.limit), together)) {
      options.signal?.throwIfAborted();
      model ??= await openLocal(sample, options, { weights: 'packed' });
      // a group that was written in part would be drawn in other company, and rounded otherwise
      log.appendAll(drawGroup(model.loaded, group, done, sample, config.seed));
      done += group.length;
      yield done;
      // generating computes without a pause, and signals are seen only between turns of the event loop
      await setImmediate();
    }
    log.flush();
  } finally {
    model?.dispose();
    log.close();
  }
}

/** All that was drawn, in the order of the rows. */
export function readDrawn(path: string): Line[] {
  return [...readJsonlLog(path)].map((record) => line.parse(record));
}

/** Responses that were drawn, as rows to judge. */
export async function* readSamples(path: string, least: number): AsyncGenerator<CandidateRow> {
  for (const record of readJsonlLog(path)) {
    const drawn = line.parse(record);
    if ('dropped' in drawn) yield drawn;
    else yield { row: drawn.row, ...usable({ ...drawn, human: [] }, least) };
  }
}

type Loaded = Awaited<ReturnType<typeof openLocal>>['loaded'];

function drawGroup(
  loaded: Loaded,
  group: readonly PromptRow[],
  index: number,
  { model: _, adapter: __, precision: ___, offline: ____, samples, ...generation }: SampleConfig,
  seed: number,
): Line[] {
  const encoded = group.map((item) => ('prompt' in item ? encodePrompt(item.prompt, loaded) : undefined));
  const fits = (prompt: EncodedPrompt | undefined): prompt is EncodedPrompt =>
    prompt !== undefined && prompt.ids.length + ROOM <= loaded.model.sizes.positions;
  const places = group.flatMap((_item, at) =>
    fits(encoded[at]) ? Array.from({ length: samples }, (_s, k) => ({ at, k })) : [],
  );
  const drawn = respond(
    loaded,
    places.flatMap(({ at }) => encoded[at] ?? []),
    { ...parseGenerateOptions({ ...generation, seed }), streams: places.map(({ at, k }) => (index + at) * MOST + k) },
  );
  return group.map((item, at): Line => {
    if ('dropped' in item) return item;
    const prompt = encoded[at];
    if (!fits(prompt)) return { row: item.row, dropped: 'prompt too long' };
    const responses = drawn
      .filter((_response, place) => places[place]?.at === at)
      .map(({ text }) => answerText(prompt, text));
    return { row: item.row, prompt: copied(item.prompt), responses };
  });
}

function copied(prompt: Side): z.infer<typeof side> {
  return typeof prompt === 'string' ? prompt : prompt.map(({ role, content }) => ({ role, content }));
}
