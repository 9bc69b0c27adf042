import { join } from 'node:path';
import { type AdaptedModel, loadAdapted } from '../adapters/load-adapted.js';
import { cacheFolder } from '../cache-folder.js';
import type { FetchProgress } from '../files/progress.js';
import type { LoadModelOptions } from '../models/load-model.js';
import type { WorkCount } from '../nn/work.js';
import { cpuFeatures } from '../torch/engine/cpu.js';
import { choosePrecision } from '../torch/engine/precision.js';
import type { JudgeConfig, SampleConfig } from './config.js';
import { ChatClient, type ClientCounts } from './endpoint/chat-client.js';
import { EndpointJudge } from './endpoint/endpoint-judge.js';
import type { Judge, Writer } from './judge.js';
import { DEFAULT_INSTRUCTIONS } from './judge-prompts.js';
import { LocalJudge } from './local-judge.js';
import { LocalWriter } from './local-writer.js';
import { RewardJudge } from './reward-judge.js';
import { RuleJudge } from './rule/rule-judge.js';

/** A judge that was opened by its configuration. */
export interface OpenedJudge {
  readonly judge: Judge;
  /** Absent where a judge cannot write. */
  readonly writer?: Writer;
  /** What an endpoint was asked so far. */
  readonly counts?: ClientCounts;
  dispose(): Promise<void>;
}

export interface OpenOptions {
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly seed: number;
  /** Where what a local judge computes is counted. */
  readonly work?: WorkCount | undefined;
}

/** Opens the judge that a configuration describes. @throws OrpoError as models, endpoints and rules do */
export async function openJudge(config: JudgeConfig, options: OpenOptions): Promise<OpenedJudge> {
  if (config.kind === 'rule') {
    const judge = await RuleJudge.open(config.module, config.timeout);
    return { judge, dispose: () => judge.dispose() };
  }
  if (config.kind === 'reward') {
    const opened = await openLocal(config, options, { head: 'score' });
    return { judge: new RewardJudge(opened.loaded, config.maxLength), dispose: async () => opened.dispose() };
  }
  const instructions = config.instructions ?? DEFAULT_INSTRUCTIONS;
  if (config.kind === 'endpoint') {
    const { key, cache, labels, writeTokens, concurrency } = config;
    const client = new ChatClient({
      ...config,
      keyVariable: key,
      cache: cache === true ? join(cacheFolder(), 'answers') : cache === false ? undefined : cache,
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    // both orders of a row are asked together, so this keeps every place of the gate taken
    const judge = new EndpointJudge(client, { instructions, labels, writeTokens, concurrency });
    return { judge, writer: judge, counts: client.counts, dispose: () => judge.dispose() };
  }
  const opened = await openLocal(config, options, { weights: 'packed' });
  try {
    const judge = new LocalJudge(opened.loaded, { name: config.model, instructions });
    const writer = new LocalWriter(opened.loaded, { maxTokens: config.writeTokens, seed: options.seed });
    return { judge, writer, dispose: async () => opened.dispose() };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

/** Loads a model with its adapter. */
export async function openLocal(
  { model, adapter, precision, offline }: Pick<SampleConfig, 'model' | 'adapter' | 'precision' | 'offline'>,
  { onProgress, work }: Pick<OpenOptions, 'onProgress' | 'work'>,
  use: Pick<LoadModelOptions, 'head' | 'weights'> = {},
): Promise<AdaptedModel> {
  return await loadAdapted(model, adapter, {
    precision: choosePrecision(precision, cpuFeatures(), false).precision,
    offline,
    ...use,
    work,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}
