import { Linear } from '../nn/linear.js';
import type { Norm } from '../nn/norms.js';
import type { ParameterStore } from '../nn/parameter-store.js';
import type { RotarySpec } from '../nn/rotary.js';
import type { ModelSizes } from './causal-lm.js';
import type { Layer } from './forward-state.js';
import { selfAttention, separateProjections } from './self-attention.js';

export interface SeparateAttentionOptions {
  readonly layer: number;
  readonly bias: boolean;
  /** Bias of the output projection; as `bias` when absent. */
  readonly outputBias?: boolean;
  /** Name of the output projection, `o_proj` when absent. */
  readonly outputName?: string;
  readonly rotary?: RotarySpec | undefined;
  /** Factor on q·k; one over the root of the head size when absent. */
  readonly scale?: number;
  readonly window?: number | undefined;
  readonly softcap?: number | undefined;
  readonly queryNorm?: Norm | undefined;
  readonly keyNorm?: Norm | undefined;
}

/** Self-attention with `q_proj`, `k_proj`, `v_proj` and an output projection under `prefix`. */
export function separateAttention(
  store: ParameterStore,
  prefix: string,
  { hidden, heads, keyValueHeads, headSize }: ModelSizes,
  options: SeparateAttentionOptions,
): Layer {
  const { layer, bias, outputBias = bias, outputName = 'o_proj', rotary, queryNorm, keyNorm } = options;
  const project = (name: string, count: number) =>
    new Linear(store, `${prefix}.${name}_proj`, { in: hidden, out: count * headSize, bias });
  return selfAttention({
    layer,
    project: separateProjections(
      project('q', heads),
      project('k', keyValueHeads),
      project('v', keyValueHeads),
      headSize,
    ),
    output: new Linear(store, `${prefix}.${outputName}`, { in: heads * headSize, out: hidden, bias: outputBias }),
    options: { scale: options.scale ?? headSize ** -0.5, window: options.window, softcap: options.softcap },
    rotary,
    queryNorm,
    keyNorm,
  });
}
