import { fusedSplitMaster, type Tensor } from '../torch/index.js';
import { canFuse } from './can-fuse.js';

/** A float32 number in two halves of its bits: what products read, and what rounding to it took away. */
export interface SplitMaster {
  /** bfloat16, the number rounded to nearest, ties to even. */
  readonly value: Tensor;
  /** int16, of the same shape. */
  readonly rest: Tensor;
}

/** Most that 16 bits hold; a tie that is rounded down takes away one more. */
const MOST = 0x7fff;

/**
 * Takes float32 weights apart. A bfloat16 weight that is trained then needs 4 bytes instead of the 6 of a whole master
 * beside it (Split-SGD, arXiv 2005.04680, with rounding). No bit is lost but in one case: a number halfway between two
 * bfloat16 ones that is rounded down moves by a unit in its last place, 6e-8 of it.
 */
export function splitMaster(master: Tensor): SplitMaster {
  if (canFuse('optimiser', master)) return fusedSplitMaster(master);
  const value = master.toDtype('bfloat16');
  return { value, rest: master.viewDtype('int32').sub(upperBits(value)).clamp({ max: MOST }).toDtype('int16') };
}

/** The float32 weights again. */
export function joinMaster({ value, rest }: SplitMaster): Tensor {
  return upperBits(value).add_(rest).viewDtype('float32');
}

/** int32, a new tensor: the bits of a bfloat16 number as the upper half of a float32 one. */
function upperBits(value: Tensor): Tensor {
  return value.viewDtype('int16').toDtype('int32').mul_(0x10000);
}
