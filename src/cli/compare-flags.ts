import { extname } from 'node:path';
import { OrpoError } from '../errors.js';
import { given, isMapping, judgeFields, judgeOf, mapping, sameKind } from './judge-flags.js';

/** The options of `orpo compare` and `orpo eval` that stand for keys of their configuration. */
export interface CompareFlags {
  readonly config?: string;
  readonly prompts?: string;
  readonly pairs?: string;
  readonly referenceOutputs?: string;
  readonly judge?: string;
  readonly judgeModel?: string;
  readonly key?: string;
  readonly against?: string;
  readonly samples?: number;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly seeds?: string;
  readonly embeddings?: string;
  readonly metrics?: string;
  readonly limit?: number;
  readonly offline?: boolean;
  readonly cache?: string;
  readonly output?: string;
  readonly set: readonly string[];
}

/**
 * The configuration with what the options say written over it; what is no mapping is left to be refused.
 *
 * @param systems as they were named on the command line; none leaves those of the configuration
 * @throws OrpoError `config` for seeds that are not one a system
 */
export function overlayCompare(
  config: unknown,
  systems: readonly (string | SystemInput)[],
  flags: CompareFlags,
): unknown {
  if (!isMapping(config)) return config;
  const {
    prompts,
    pairs,
    referenceOutputs: reference,
    against,
    embeddings,
    metrics,
    limit,
    offline,
    cache,
    output,
  } = flags;
  const { samples, maxTokens, temperature, seed } = flags;
  const generation = given({ samples, maxTokens, temperature, seed });
  const named = flags.judge === undefined ? {} : comparisonJudgeOf(flags.judge);
  const judge = { ...(sameKind(config.judge, named) ? mapping(config.judge) : {}), ...named, ...judgeFields(flags) };
  return {
    ...config,
    ...(systems.length === 0 ? {} : { systems: flags.seeds === undefined ? systems : seeded(systems, flags.seeds) }),
    ...given({ prompts, pairs, reference, against, embeddings, limit, offline, cache, output }),
    ...(metrics === undefined ? {} : { metrics: listOf(metrics) }),
    ...(Object.keys(generation).length === 0 ? {} : { generation: { ...mapping(config.generation), ...generation } }),
    ...(flags.judge === 'none' || Object.keys(judge).length === 0 ? {} : { judge }),
    ...(flags.judge === 'none' ? { judge: undefined } : {}),
  };
}

export interface SystemInput {
  readonly source: string;
  readonly name?: string;
}

/** As for `orpo judge`; a data file, or `human:FILE`, holds what people chose. */
function comparisonJudgeOf(text: string): Record<string, unknown> {
  if (text === 'none') return {};
  if (text.startsWith('human:')) return { kind: 'human', annotations: text.slice('human:'.length) };
  if (['.json', '.jsonl', '.csv', '.parquet'].includes(extname(text))) return { kind: 'human', annotations: text };
  return judgeOf(text);
}

function seeded(systems: readonly (string | SystemInput)[], text: string): unknown[] {
  const seeds = listOf(text).map(Number);
  if (seeds.length !== systems.length || seeds.some((seed) => !Number.isSafeInteger(seed) || seed < 0))
    throw new OrpoError(
      'config',
      `--seeds ${text} is not one whole number for each of ${systems.length} systems.`,
      'Such as --seeds 1,2 for two; --seed is one for all.',
    );
  return systems.map((system, at) => ({
    ...(typeof system === 'string' ? { source: system } : system),
    seed: seeds[at],
  }));
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}
