import { existsSync } from 'node:fs';
import { OrpoError } from '../../errors.js';
import type { JudgeConfig } from '../../feedback/config.js';
import type { Judge } from '../../feedback/judge.js';
import { type OpenOptions, openJudge } from '../../feedback/open-judge.js';
import { RewardJudge } from '../../feedback/reward-judge.js';
import { RuleJudge } from '../../feedback/rule/rule-judge.js';
import { hashFile } from '../../files/manifest.js';
import { resolveModel } from '../../files/model-source.js';
import type { JudgeReport } from './comparison.js';
import type { ComparisonJudgeConfig } from './config.js';
import { digestOf } from './content-cache.js';
import { modelFingerprint } from './fingerprint.js';
import { HumanJudge } from './human-judge.js';
import { weightsOf } from './system.js';

export interface ComparisonJudge {
  readonly judge: Judge;
  /** Of people's choices: how many pairs there are, and how many of them nobody asked for. */
  readonly unused?: () => { readonly pairs: number; readonly unused: number };
  dispose(): Promise<void>;
}

/** Opens the judge that a configuration describes. @throws OrpoError as models, endpoints, rules and files do */
export async function openComparisonJudge(
  config: ComparisonJudgeConfig,
  options: OpenOptions,
): Promise<ComparisonJudge> {
  if (config.kind !== 'human') {
    const { judge, dispose } = await openJudge(withWeights(config), options);
    return { judge, dispose };
  }
  const judge = await HumanJudge.open(config.annotations);
  return { judge, unused: () => judge.unused, dispose: () => judge.dispose() };
}

/** Of a judge that scores answers one by one: the probability that the first of two scores is the better. */
export function byScoresOf({ kind }: ComparisonJudgeConfig): ((first: number, second: number) => number) | undefined {
  if (kind === 'reward') return (first, second) => RewardJudge.prototype.byScores(first, second).probability;
  if (kind === 'rule') return (first, second) => RuleJudge.prototype.byScores(first, second).probability;
  return undefined;
}

/**
 * A digest of all that decides what a judge says; undefined where nothing is kept, for people's choices are at hand. A
 * rule is known by its own module: what that imports is not looked at.
 *
 * @throws OrpoError as resolving a model does, `file` for a rule that is not there
 */
export async function judgeFingerprint(
  config: ComparisonJudgeConfig,
  { offline, signal }: { readonly offline: boolean; readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  if (config.kind === 'human') return undefined;
  if (config.kind === 'rule') {
    if (!existsSync(config.module))
      throw new OrpoError('file', `${config.module} does not exist.`, 'Check the path of the rule.');
    return digestOf('rule', hashFile(config.module).sha256);
  }
  if (config.kind === 'endpoint') {
    const { url, model, labels, instructions, parameters } = config;
    return digestOf('endpoint', url, model, labels, instructions ?? null, parameters);
  }
  const { kind, precision } = config;
  const { model, adapter } = weightsOf(config.model, config.adapter);
  const { path } = await resolveModel(model, { offline: offline || config.offline, signal });
  const more = kind === 'reward' ? config.maxLength : (config.instructions ?? null);
  return digestOf(kind, modelFingerprint(path, adapter), precision, more);
}

/** A model judge that was named by its run. */
function withWeights(config: JudgeConfig): JudgeConfig {
  return config.kind === 'reward' || config.kind === 'model'
    ? { ...config, ...weightsOf(config.model, config.adapter) }
    : config;
}

/** What the report calls a judge. */
export function judgeName(config: ComparisonJudgeConfig): Pick<JudgeReport, 'kind' | 'name' | 'words'> {
  const { kind } = config;
  switch (kind) {
    case 'human':
      return { kind, name: config.annotations, words: `people, by ${config.annotations}` };
    case 'rule':
      return { kind, name: config.module, words: `the rule ${config.module}` };
    case 'endpoint':
      return { kind, name: config.model, words: `${config.model} at ${config.url}, which sees both orders` };
    case 'reward':
      return { kind, name: config.model, words: `the reward model ${config.model}` };
    case 'model':
      return { kind, name: config.model, words: `the model ${config.model}, which sees both orders` };
  }
}
