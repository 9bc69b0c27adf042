import { extname } from 'node:path';

/** The options of `orpo judge` that stand for keys of its configuration. */
export interface FeedbackFlags {
  readonly task?: string;
  readonly data?: string;
  readonly prompts?: string;
  readonly model?: string;
  readonly samples?: number;
  readonly judge?: string;
  readonly judgeModel?: string;
  readonly key?: string;
  readonly principles?: string | true;
  readonly human?: string;
  readonly limit?: number;
  readonly output?: string;
}

/** The configuration with what the options say written over it; what is no mapping is left to be refused. */
export function overlay(config: unknown, flags: FeedbackFlags): unknown {
  if (!isMapping(config)) return config;
  const { task, data, prompts, principles, human, limit, output } = flags;
  const sample = given({ model: flags.model, samples: flags.samples });
  const named = flags.judge === undefined ? {} : judgeOf(flags.judge);
  const judge = { ...(sameKind(config.judge, named) ? mapping(config.judge) : {}), ...named, ...judgeFields(flags) };
  return {
    ...config,
    ...given({ task, data, prompts, principles, limit, output }),
    ...(human === undefined ? {} : { human: human.split(',').map((column) => column.trim()) }),
    ...(Object.keys(sample).length === 0 ? {} : { sample: { ...mapping(config.sample), ...sample } }),
    ...(Object.keys(judge).length === 0 ? {} : { judge }),
  };
}

/** What kind of judge a single word names: an address, a module, a reward model, or else a model. */
export function judgeOf(text: string): Record<string, unknown> {
  if (/^https?:\/\//.test(text)) return { kind: 'endpoint', url: text };
  if (text.startsWith('reward:')) return { kind: 'reward', model: text.slice('reward:'.length) };
  if (['.mjs', '.js', '.ts', '.mts'].includes(extname(text))) return { kind: 'rule', module: text };
  return { kind: 'model', model: text };
}

export function judgeFields({ judgeModel, key }: Pick<FeedbackFlags, 'judgeModel' | 'key'>): Record<string, unknown> {
  return given({ model: judgeModel, key });
}

/** Settings of a judge in the file hold for the one named by the option only where both are of one kind. */
export function sameKind(before: unknown, named: Readonly<Record<string, unknown>>): boolean {
  return named.kind === undefined || (isMapping(before) && before.kind === named.kind);
}

export function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

export function mapping(value: unknown): Record<string, unknown> {
  return isMapping(value) ? value : {};
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
