import type { Architecture } from './causal-lm.js';
import { gemmaForm } from './gemma-form.js';
import { layerKinds } from './layer-windows.js';
import { readSizes } from './model-sizes.js';
import { rotaryFromConfig } from './rope-config.js';

/** Gemma 2 (arXiv 2408.00118): sliding and full layers by turns, capped scores. */
export const gemma2: Architecture = {
  modelType: 'gemma2',
  className: 'Gemma2ForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const sizes = readSizes(config);
    const rotary = rotaryFromConfig(config, sizes.headSize);
    return gemmaForm(config, store, {
      sizes,
      kinds: layerKinds(config, sizes.layers, (layer) => layer % 2 === 0),
      rotary: { sliding_attention: rotary, full_attention: rotary },
      headNorms: false,
    });
  },
};
