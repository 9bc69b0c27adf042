import type { Architecture } from './causal-lm.js';
import { qwenWindow } from './layer-windows.js';
import { llamaForm } from './llama-form.js';
import { readSizes } from './model-sizes.js';

/** Qwen 2 and 2.5 (arXiv 2407.10671): Llama with biases on query, key and value. */
export const qwen2: Architecture = {
  modelType: 'qwen2',
  className: 'Qwen2ForCausalLM',
  prefix: 'model.',
  build(config, store) {
    return llamaForm(config, store, {
      bias: true,
      outputBias: false,
      mlpBias: false,
      headNorms: false,
      window: qwenWindow(config, readSizes(config).layers),
    });
  },
};
