import { fromTypedArray, type Tensor, toInt32Array } from '../torch/index.js';

/**
 * Draws an id a row from logits `[B, V]` fp32 at a temperature above 0: the first at which the cumulated weights pass
 * `at[row]` of their sum, 0 <= at < 1. What `sample` does with no other rule, for all rows at once.
 */
export function drawIds(logits: Tensor, temperature: number, at: readonly number[]): Int32Array {
  const [rows = 0, width = 0] = logits.shape;
  const tops = logits.amax({ dim: 1, keepdim: true });
  // float64, as a sum over a vocabulary loses the small ones otherwise
  const passed = logits.sub(tops).div(temperature).exp().cumsum(1, { dtype: 'float64' });
  const marks = passed
    .select(1, width - 1)
    .mul(fromTypedArray(Float64Array.from(at), [rows]).toDevice(logits.device, 'float64'));
  const ids = toInt32Array(passed.le(marks.unsqueeze(1)).sumDim(1));
  // rounding may leave nothing behind the last token
  return ids.map((id) => Math.min(id, width - 1));
}
