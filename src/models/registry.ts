import { nearest, OrpoError } from '../errors.js';
import type { Architecture } from './causal-lm.js';
import { llama } from './llama.js';
import type { ModelConfig } from './model-config.js';

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  [llama].map((architecture) => [architecture.modelType, architecture]),
);

export function architectures(): readonly string[] {
  return [...ARCHITECTURES.keys()].sort();
}

/** @throws OrpoError `model` for a `model_type` that is not known, naming those that are */
export function architectureOf(config: ModelConfig): Architecture {
  const found = ARCHITECTURES.get(config.modelType);
  if (found !== undefined) return found;
  const near = nearest(config.modelType, ARCHITECTURES.keys());
  throw new OrpoError(
    'model',
    `${config.origin}: model_type "${config.modelType}" is not known${near === undefined ? '' : `; did you mean "${near}"?`}.`,
    `Known architectures: ${architectures().join(', ')}.`,
  );
}
