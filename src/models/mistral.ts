import type { Architecture } from './causal-lm.js';
import { llamaForm } from './llama-form.js';

/** A config that says nothing of the window means this one; `null` means none. */
const DEFAULT_WINDOW = 4096;

/** Mistral (arXiv 2310.06825): Llama with a sliding window in every layer. */
export const mistral: Architecture = {
  modelType: 'mistral',
  className: 'MistralForCausalLM',
  prefix: 'model.',
  build(config, store) {
    const window = config.has('sliding_window') ? config.optionalCount('sliding_window') : DEFAULT_WINDOW;
    return llamaForm(config, store, {
      bias: false,
      outputBias: false,
      mlpBias: false,
      headNorms: false,
      window: () => window,
    });
  },
};
