import type { Gating } from '../nn/gating.js';
import { forwardAll, Linear } from '../nn/linear.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { Tensor } from '../torch/index.js';

/** down(act(gate(x)) * up(x)): `[N, D]` -> `[N, D]` (arXiv 2002.05202). */
export function gatedMlp(
  store: ParameterStore,
  prefix: string,
  sizes: { hidden: number; intermediate: number; bias?: boolean },
  gating: Gating,
): (input: Tensor) => Tensor {
  const { hidden, intermediate, bias = false } = sizes;
  const gate = new Linear(store, `${prefix}.gate_proj`, { in: hidden, out: intermediate, bias });
  const up = new Linear(store, `${prefix}.up_proj`, { in: hidden, out: intermediate, bias });
  const down = new Linear(store, `${prefix}.down_proj`, { in: intermediate, out: hidden, bias });
  return (input) => {
    const [gates, ups] = forwardAll([gate, up], input);
    if (gates === undefined || ups === undefined) throw new RangeError('gate and up are needed');
    return down.forward(gating(gates, ups));
  };
}

/** The same with gate and up in one matrix, gate first. */
export function fusedGatedMlp(
  store: ParameterStore,
  prefix: string,
  { hidden, intermediate }: { hidden: number; intermediate: number },
  gating: Gating,
): (input: Tensor) => Tensor {
  const gateUp = new Linear(store, `${prefix}.gate_up_proj`, { in: hidden, out: 2 * intermediate });
  const down = new Linear(store, `${prefix}.down_proj`, { in: intermediate, out: hidden });
  return (input) => {
    const both = gateUp.forward(input);
    return down.forward(gating(both.narrow(1, 0, intermediate), both.narrow(1, intermediate, intermediate)));
  };
}
