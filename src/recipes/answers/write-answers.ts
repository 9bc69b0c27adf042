import { existsSync } from 'node:fs';
import { evalSource } from '../../data/config.js';
import { createRandom } from '../../data/random.js';
import { splitGroups } from '../../data/split.js';
import { OrpoError } from '../../errors.js';
import { drawSamples } from '../../feedback/draw-samples.js';
import { writeFileAtomic } from '../../files/atomic.js';
import { writeJson } from '../../files/json-file.js';
import type { FetchProgress } from '../../files/progress.js';
import { openAnswersFolder } from './answers-folder.js';
import type { AnswersConfig } from './config.js';
import { type AnsweredRows, type Pair, readPairs } from './read-pairs.js';

/** What came of it. */
export interface AnswersSummary extends AnsweredRows {
  readonly pairs: number;
  readonly heldOut: number;
}

/** Everything the work says while it goes on. */
export type AnswersEvent =
  | { readonly type: 'samples'; readonly prompts: number }
  | ({ readonly type: 'result'; readonly output: string } & AnswersSummary);

export interface AnswersOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** The random stream that gives each round its seeds. */
const ROUND_SEEDS = 71;

/**
 * Answers the prompts of demonstrations and writes `pairs.jsonl`, real answers chosen and the model's own rejected, and
 * `held-out.jsonl`, of the same prompts in every round. An answer depends on the seed, the round and the row alone and is
 * written as soon as it is there; the same call goes on where an earlier process stopped.
 *
 * @throws OrpoError as reading, loading and generating do; the signal's reason when it is aborted
 */
export async function* writeAnswers(
  config: AnswersConfig,
  options: AnswersOptions = {},
): AsyncGenerator<AnswersEvent, void> {
  const folder = openAnswersFolder(config);
  if (existsSync(folder.result)) return;
  const held = evalSource(config.eval);
  const random = createRandom(config.seed, ROUND_SEEDS, config.round);
  const seeds = { train: random.uint32(), heldOut: random.uint32() };
  yield* answer(config.data, folder.samples, seeds.train, config, options);
  let { pairs, counts } = await readPairs(config.data, folder.samples, config);
  let heldOut: readonly Pair[] = [];
  if (held !== undefined && 'file' in held) {
    yield* answer(held.file, folder.heldOutSamples, seeds.heldOut, config, options);
    heldOut = (await readPairs(held.file, folder.heldOutSamples, config)).pairs;
  } else if (held !== undefined) {
    const aside = splitGroups(promptNumbers(pairs), held.share, config.seed);
    heldOut = pairs.filter((_, at) => aside[at]);
    pairs = pairs.filter((_, at) => !aside[at]);
  }
  if (pairs.length === 0)
    throw new OrpoError('data', `${config.data}: no row could be answered.`, 'Look at the file with orpo inspect.');
  writeFileAtomic(folder.pairs, asLines(pairs));
  writeFileAtomic(folder.heldOut, asLines(heldOut));
  const summary: AnswersSummary = { ...counts, pairs: pairs.length, heldOut: heldOut.length };
  writeJson(folder.result, summary);
  yield { type: 'result', output: folder.path, ...summary };
}

async function* answer(
  path: string,
  samples: string,
  seed: number,
  config: AnswersConfig,
  options: AnswersOptions,
): AsyncGenerator<AnswersEvent, void> {
  for await (const prompts of drawSamples({ ...config, seed }, config.sample, path, samples, { ...options, seed }))
    yield { type: 'samples', prompts };
}

/** The number of each pair's prompt, from 0 on in the order they turn up. */
function promptNumbers(pairs: readonly Pair[]): number[] {
  const numbers = new Map<string, number>();
  return pairs.map(({ prompt }) => {
    const key = JSON.stringify(prompt);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

function asLines(pairs: readonly Pair[]): string {
  return pairs.map((pair) => `${JSON.stringify(pair)}\n`).join('');
}
