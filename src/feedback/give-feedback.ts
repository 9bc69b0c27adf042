import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { writeJson } from '../files/json-file.js';
import type { FetchProgress } from '../files/progress.js';
import { type CandidateRow, readCandidates } from './candidates.js';
import type { FeedbackConfig } from './config.js';
import { drawSamples, readSamples } from './draw-samples.js';
import type { ClientCounts } from './endpoint/chat-client.js';
import { type FeedbackFolder, openFeedbackFolder } from './feedback-folder.js';
import { grouped, inOrder, skipping } from './in-order.js';
import { type Judged, JudgementLog } from './judgement-log.js';
import { Keeper } from './keeper.js';
import { labelGroup, type NumberedRow } from './label-group.js';
import { openJudge } from './open-judge.js';
import { readPrinciples } from './principles.js';
import { type FeedbackSummary, summarise } from './summary.js';

/** Everything the work says while it goes on. */
export type FeedbackEvent =
  | { readonly type: 'samples'; readonly prompts: number }
  /** `from`: rows an earlier process did. */
  | { readonly type: 'start'; readonly output: string; readonly task: string; readonly from: number }
  | ({ readonly type: 'row' } & Judged)
  | { readonly type: 'interrupted'; readonly rows: number }
  | ({
      readonly type: 'result';
      readonly output: string;
      readonly data: string;
      /** What an endpoint was asked in this process. */
      readonly requests?: ClientCounts;
    } & FeedbackSummary);

export interface FeedbackOptions {
  /** Aborting ends the work; the last event is then `interrupted`, and the same call goes on later. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Draws samples where only prompts are given, judges every row and writes the data, going on where an earlier process with
 * the same settings stopped: what comes out is the same, byte for byte, however often it was stopped.
 *
 * @throws OrpoError as reading, generating and judging do; what was judged until then is kept
 */
export async function* giveFeedback(
  config: FeedbackConfig,
  options: FeedbackOptions = {},
): AsyncGenerator<FeedbackEvent, void> {
  const folder = openFeedbackFolder(config);
  let rows = 0;
  try {
    if (config.prompts !== undefined && config.sample !== undefined && !existsSync(folder.result)) {
      const drawn = drawSamples(config, config.sample, config.prompts, folder.samples, {
        ...options,
        seed: config.seed,
      });
      for await (const prompts of drawn) yield { type: 'samples', prompts };
    }
    let requests: ClientCounts | undefined;
    if (!existsSync(folder.result)) {
      for await (const event of judgeRows(config, folder, options, (counts) => {
        requests = counts;
      })) {
        if (event.type === 'row') rows++;
        yield event;
      }
    }
    const summary = summarise(folder, config);
    writeJson(folder.result, summary);
    yield {
      type: 'result',
      output: folder.path,
      data: folder.records,
      ...(requests === undefined ? {} : { requests }),
      ...summary,
    };
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
    yield { type: 'interrupted', rows };
  }
}

async function* judgeRows(
  config: FeedbackConfig,
  folder: FeedbackFolder,
  options: FeedbackOptions,
  onCounts: (counts: ClientCounts | undefined) => void,
): AsyncGenerator<FeedbackEvent, void> {
  const principles =
    config.principles === false && config.task !== 'revisions' ? undefined : readPrinciples(ownOr(config.principles));
  const opened = await openJudge(config.judge, { ...options, seed: config.seed });
  onCounts(opened.counts);
  const log = new JudgementLog(folder);
  try {
    yield { type: 'start', output: folder.path, task: config.task, from: log.done };
    const rows = numbered(skipping(rowsOf(config, folder), log.done, config.limit), log.done);
    const { batch, concurrency } = config.task === 'revisions' && opened.writer ? opened.writer : opened.judge;
    const results = inOrder(grouped(rows, batch), concurrency, (group, signal) =>
      labelGroup(
        config,
        opened,
        principles,
        group,
        options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]),
      ),
    );
    const keeper = new Keeper(config, log);
    for await (const group of results) {
      options.signal?.throwIfAborted();
      for (const result of group) for (const judged of keeper.take(result)) yield { type: 'row', ...judged };
      // a local judge computes without a pause, and signals are seen only between turns of the event loop
      await setImmediate();
    }
    for (const judged of keeper.finish()) yield { type: 'row', ...judged };
  } finally {
    log.close();
    await opened.dispose();
  }
}

function rowsOf(config: FeedbackConfig, folder: FeedbackFolder): AsyncIterable<CandidateRow> {
  const least = config.task === 'scores' || config.task === 'revisions' ? 1 : 2;
  return config.data === undefined
    ? readSamples(folder.samples, least)
    : readCandidates(config.data, { ...config, least });
}

async function* numbered(rows: AsyncIterable<CandidateRow>, first: number): AsyncGenerator<NumberedRow> {
  let index = first;
  for await (const found of rows) yield { index: index++, found };
}

function ownOr(principles: boolean | string): string | undefined {
  return typeof principles === 'string' ? principles : undefined;
}
