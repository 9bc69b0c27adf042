import type { Architecture } from './causal-lm.js';
import { qwenWindow } from './layer-windows.js';
import { llamaForm } from './llama-form.js';
import { readSizes } from './model-sizes.js';

/** Qwen 3 (arXiv 2505.09388): Llama with RMS norms over each head of query and key. */
export const qwen3: Architecture = {
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const bias = config.flag('attention_bias', false);
    return llamaForm(config, store, {
      bias,
      outputBias: bias,
      mlpBias: false,
      headNorms: true,
      window: qwenWindow(config, readSizes(config).layers),
    });
  },
};
