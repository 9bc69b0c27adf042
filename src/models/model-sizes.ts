import type { ModelSizes } from './causal-lm.js';
import type { ModelConfig } from './model-config.js';

/** More than any model has; a damaged config may not cost minutes before its weights are looked at. */
const MOST_LAYERS = 10_000;
const LARGEST_HEAD = 65_536;

/** What an architecture calls its sizes; those most configs use when a name is left out. */
export interface SizeNames {
  readonly hidden?: string;
  readonly layers?: string;
  readonly heads?: string;
  readonly positions?: string;
  /** Positions where the config says nothing. */
  readonly defaultPositions?: number;
  /** Positions are a table of vectors. */
  readonly learnedPositions?: boolean;
}

/**
 * The sizes a config gives.
 *
 * @throws OrpoError `model` for a size that is no whole number above 0 and for heads that do not divide the width
 */
export function readSizes(config: ModelConfig, names: SizeNames = {}): ModelSizes {
  const { hidden: width = 'hidden_size', heads: headCount = 'num_attention_heads' } = names;
  const hidden = config.count(width);
  const heads = config.count(headCount);
  const keyValueHeads = config.count('num_key_value_heads', heads);
  if (heads % keyValueHeads !== 0) throw config.fault('num_key_value_heads', `a divisor of ${heads} heads`);
  const headSize = config.count('head_dim', hidden / heads, LARGEST_HEAD);
  if (!Number.isInteger(headSize)) throw config.fault(headCount, `a divisor of "${width}" ${hidden}`);
  return {
    vocabulary: config.count('vocab_size'),
    hidden,
    layers: config.count(names.layers ?? 'num_hidden_layers', undefined, MOST_LAYERS),
    heads,
    keyValueHeads,
    headSize,
    positions: config.count(names.positions ?? 'max_position_embeddings', names.defaultPositions),
    learnedPositions: names.learnedPositions ?? false,
  };
}
