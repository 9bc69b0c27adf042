import type { Activation } from '../nn/activations.js';
import { Linear } from '../nn/linear.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Tensor } from '../torch/index.js';

/** second(act(first(x))): `[N, D]` -> `[N, D]`. */
export function plainMlp(
  store: ParameterStore,
  names: { first: string; second: string },
  sizes: { hidden: number; intermediate: number; bias: boolean; transposed?: boolean },
  act: Activation,
): (input: Tensor) => Tensor {
  const { hidden, intermediate, bias, transposed = false } = sizes;
  const first = new Linear(store, names.first, { in: hidden, out: intermediate, bias, transposed });
  const second = new Linear(store, names.second, { in: intermediate, out: hidden, bias, transposed });
  return (input) => second.forward(act(first.forward(input)));
}
