import { OrpoError } from '../errors.js';
import type { RotarySpec } from '../nn/rotary.js';
import type { Architecture } from './causal-lm.js';
import { gemmaForm } from './gemma-form.js';
import { FULL, type LayerKind, layerKinds, SLIDING } from './layer-windows.js';
import { ModelConfig } from './model-config.js';
import { readSizes } from './model-sizes.js';
import { rotaryFromConfig } from './rope-config.js';

const LOCAL_THETA = 10_000;
const GLOBAL_THETA = 1_000_000;

/** Gemma 3, text only (arXiv 2503.19786): five sliding layers to each full one, two rotary bases, head norms. */
export const gemma3: Architecture = {
  modelType: 'gemma3_text',
  className: 'Gemma3ForCausalLM',
  rewardClassName: 'Gemma3TextForSequenceClassification',
  prefix: 'model.',
  build(config, store) {
    if (config.flag('use_bidirectional_attention', false))
      throw new OrpoError(
        'model',
        `${config.origin}: "use_bidirectional_attention" is true, which makes an encoder.`,
        'Only decoders that predict the next token can be used.',
      );
    const sizes = readSizes(config);
    const pattern = config.count('sliding_window_pattern', config.count('_sliding_window_pattern', 6));
    return gemmaForm(config, store, {
      sizes,
      kinds: layerKinds(config, sizes.layers, (layer) => (layer + 1) % pattern !== 0),
      rotary: {
        sliding_attention: rotaryOf(config, sizes.headSize, SLIDING),
        full_attention: rotaryOf(config, sizes.headSize, FULL),
      },
      headNorms: true,
    });
  },
};

/** Older configs give two bases by name, and a scaling that holds for full layers alone. */
function rotaryOf(config: ModelConfig, headSize: number, kind: LayerKind): RotarySpec {
  if (config.section('rope_parameters') !== undefined) return rotaryFromConfig(config, headSize, { kind });
  const values =
    kind === SLIDING
      ? { rope_theta: config.positive('rope_local_base_freq', LOCAL_THETA) }
      : { rope_theta: config.positive('rope_theta', GLOBAL_THETA), rope_scaling: config.values.rope_scaling };
  return rotaryFromConfig(new ModelConfig(values, config.origin), headSize);
}
