import type { Architecture } from './causal-lm.js';
import { llamaForm } from './llama-form.js';

/** Llama (arXiv 2302.13971) and what shares its form, SmolLM2 among them: RMS norms, rotary positions, gated MLP. */
export const llama: Architecture = {
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const bias = config.flag('attention_bias', false);
    return llamaForm(config, store, {
      bias,
      outputBias: bias,
      mlpBias: config.flag('mlp_bias', false),
      headNorms: false,
      window: () => undefined,
    });
  },
};
