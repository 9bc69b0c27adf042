import type { Parameter } from '../nn/parameter.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Head } from '../nn/token-log-probs.js';
import { embedding as lookUp, type Tensor } from '../torch/index.js';
import type { ModelConfig } from './model-config.js';
import { isRewardConfig } from './reward-head.js';

export interface EndNames {
  readonly embedding: string;
  readonly head: string;
  /** What an absent `tie_word_embeddings` means. */
  readonly tied: boolean;
  /** The head has a bias of its own, named after it. */
  readonly headBias?: boolean;
  readonly softcap?: number | undefined;
  /** The architecture never trains the embedding of `pad_token_id`, wherever that id stands, as most in transformers. */
  readonly paddingIsFrozen: boolean;
}

/** The look-up of ids `[N]` in the embedding `[V, D]`, and the head, which is the embedding again where the config ties them. */
export function vocabularyEnds(
  config: ModelConfig,
  store: ParameterStore,
  shape: readonly [vocabulary: number, width: number],
  names: EndNames,
): { embed: (ids: Tensor) => Tensor; embedding: Parameter; head: Head } {
  const embedding = store.take(`${names.embedding}.weight`, shape);
  // a reward model has a scalar head instead, see reward-head.ts
  const headless = isRewardConfig(config);
  const tied = headless || config.flag('tie_word_embeddings', names.tied);
  const weight = tied ? embedding : store.take(`${names.head}.weight`, shape);
  const bias = names.headBias === true && !headless ? store.take(`${names.head}.bias`, [shape[0]], 'zeros') : undefined;
  const paddingIdx = names.paddingIsFrozen ? paddingRow(config, shape[0]) : undefined;
  const embed = (ids: Tensor) => embedding.packed?.lookUp(ids) ?? lookUp(embedding.value, ids, { paddingIdx });
  return { embed, embedding, head: { weight, bias, softcap: names.softcap, work: store.work } };
}

/** The row that is never trained; as in transformers, a negative one is counted from the end. */
function paddingRow(config: ModelConfig, rows: number): number | undefined {
  const id = config.optionalNumber('pad_token_id');
  if (id === undefined) return undefined;
  const row = id < 0 ? id + rows : id;
  if (Number.isInteger(row) && row >= 0 && row < rows) return row;
  throw config.fault('pad_token_id', `a row of the vocabulary of ${rows}`);
}
