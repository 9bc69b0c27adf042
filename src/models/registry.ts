import { nearest, OrpoError } from '../errors.js';
import type { Architecture } from './causal-lm.js';
import { gemma2 } from './gemma2.js';
import { gemma3 } from './gemma3.js';
import { gptNeox } from './gpt-neox.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import type { ModelConfig } from './model-config.js';
import { opt } from './opt.js';
import { phi } from './phi.js';
import { phi3 } from './phi3.js';
import { qwen2 } from './qwen2.js';
import { qwen3 } from './qwen3.js';

const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  [llama, mistral, qwen2, qwen3, gemma2, gemma3, phi3, phi, gpt2, gptNeox, opt].map((architecture) => [
    architecture.modelType,
    architecture,
  ]),
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
