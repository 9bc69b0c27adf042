import { OrpoError } from '../errors.js';
import { Parameter } from '../nn/parameter.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import { empty, Generator } from '../torch/index.js';
import type { Architecture, CausalLM } from './causal-lm.js';
import { ModelConfig } from './model-config.js';

/** The name of the scalar head in every sequence classifier of transformers. */
export const SCORE = 'score.weight';

const CLASSIFIER = 'ForSequenceClassification';

/** Whether a config is a reward model's: one scalar read from the last token instead of a vocabulary head. */
export function isRewardConfig(config: ModelConfig): boolean {
  return config.texts('architectures')?.[0]?.endsWith(CLASSIFIER) === true;
}

/** The config of a reward model on this decoder. Where responses end with the pad token, padding is left unnamed. */
export function rewardConfig(config: ModelConfig, architecture: Architecture, endIds: readonly number[]): ModelConfig {
  if (isRewardConfig(config)) return config;
  const pad = config.optionalNumber('pad_token_id');
  const values = {
    ...config.values,
    architectures: [
      architecture.rewardClassName ?? architecture.className.replace(/(ForCausalLM|LMHeadModel)$/, CLASSIFIER),
    ],
    id2label: { 0: 'LABEL_0' },
    label2id: { LABEL_0: 0 },
    // transformers reads the last token that is no padding, which must not pass over the end of a response
    ...(pad !== undefined && endIds.includes(pad) ? { pad_token_id: null } : {}),
  };
  return new ModelConfig(values, config.origin);
}

/** @throws OrpoError `model` when the classifier has more outputs than one */
export function requireOneScore(config: ModelConfig): void {
  const labels = config.section('id2label');
  const outputs = labels === undefined ? config.count('num_labels', 2) : Object.keys(labels.values).length;
  if (outputs === 1) return;
  throw new OrpoError(
    'model',
    `${config.origin}: the classifier has ${outputs} outputs, a reward model has one.`,
    'Give a checkpoint with one label, as `method: reward` trains it.',
  );
}

/** A fresh head, N(0, 1/(D + 1)) as in arXiv 1909.08593, in a model that has none; a function of the seed. */
export function freshScore(store: ParameterStore, width: number, seed: number): Parameter {
  const generator = new Generator(seed);
  try {
    const draws = empty([1, width], { dtype: 'float32' }).normal_({ std: (width + 1) ** -0.5, generator });
    const score = new Parameter(SCORE, draws);
    store.parameters.set(SCORE, score);
    return score;
  } finally {
    generator.dispose();
  }
}

/** The model with its scalar head, which is float32 whatever the decoder computes in. */
export function withScore(model: CausalLM, score: Parameter): CausalLM {
  score.convert('float32');
  return { ...model, score };
}
