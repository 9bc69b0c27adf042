import { fusedGatedActivation, type Tensor } from '../torch/index.js';
import { activation } from './activations.js';
import { canFuse } from './can-fuse.js';

/** act(gate) * up, the middle of a gated MLP (arXiv 2002.05202): twice `[N, I]` -> `[N, I]`. */
export type Gating = (gate: Tensor, up: Tensor) => Tensor;

const FUSED: ReadonlyMap<string, 'silu' | 'gelu'> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu_new', 'gelu'],
  ['gelu_pytorch_tanh', 'gelu'],
  ['gelu_fast', 'gelu'],
]);

/** The gating by the activation a Hugging Face config names. */
export function gating(name: string): Gating {
  const plain = plainGating(name);
  const fused = FUSED.get(name);
  if (fused === undefined) return plain;
  const gelu = fused === 'gelu';
  return (gate, up) => (canFuse('gating', gate) ? fusedGatedActivation(gate, up, { gelu }) : plain(gate, up));
}

/** What the fused operator is tested against, and what other activations, dtypes and devices take. */
export function plainGating(name: string): Gating {
  const act = activation(name);
  return (gate, up) => act(gate).mul(up);
}
