import { OrpoError } from '../errors.js';
import type { Tensor } from '../torch/index.js';

export type Activation = (input: Tensor) => Tensor;

const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['silu', (input) => input.silu()],
  ['swish', (input) => input.silu()],
  ['relu', (input) => input.relu()],
  ['gelu', (input) => input.gelu()],
  ['gelu_new', (input) => input.gelu({ approximate: 'tanh' })],
  ['gelu_pytorch_tanh', (input) => input.gelu({ approximate: 'tanh' })],
  ['gelu_fast', (input) => input.gelu({ approximate: 'tanh' })],
]);

/** The activation a Hugging Face config names. */
export function activation(name: string): Activation {
  const found = ACTIVATIONS.get(name);
  if (found === undefined)
    throw new OrpoError('model', `Activation "${name}" is not known.`, `Known: ${[...ACTIVATIONS.keys()].join(', ')}.`);
  return found;
}
