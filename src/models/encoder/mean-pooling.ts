import { sequenceRuns } from '../../nn/sequence-attention.js';
import { cat, type Tensor, toFloat32Array } from '../../torch/index.js';

/**
 * The mean over the rows of each of the sequences that lie end to end in `hidden [N, D]`, in float32, without the first
 * `skip` rows of each. Each sequence is longer than `skip`.
 */
export function meanRows(hidden: Tensor, lengths: readonly number[], skip = 0): Float32Array[] {
  const width = hidden.size(1);
  const means = sequenceRuns(lengths).map(({ begin, count, length }) =>
    hidden
      .narrow(0, begin, count * length)
      .toDtype('float32')
      .reshape([count, length, width])
      .narrow(1, skip, length - skip)
      .meanDim(1),
  );
  const all = toFloat32Array(cat(means));
  return lengths.map((_, at) => all.slice(at * width, (at + 1) * width));
}
