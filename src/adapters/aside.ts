import type { ParameterStore } from '../nn/parameter-store.js';
import type { LoraSet } from './lora-set.js';

/** Makes a set beside the adapters that hang on a model, which hang there again afterwards; the new one is off. */
export function aside(store: ParameterStore, make: () => LoraSet): LoraSet {
  const hung = [...store.linears.values()].map((linear) => ({ linear, adapter: linear.adapter }));
  for (const { linear } of hung) linear.adapter = undefined;
  try {
    return make();
  } finally {
    for (const { linear, adapter } of hung) linear.adapter = adapter;
  }
}
