import type { ModelAbout } from '../../models/load-model.js';
import { weightBytes } from './memory-plan.js';
import type { RunOutline } from './run-outline.js';

export interface Standing {
  /** Bytes of tensors that lie there all the time. */
  readonly bytes: number;
  /** Bytes of weights that are read from their files' pages. */
  readonly mapped: number;
}

/** What lies in memory whatever is computed: weights, moments of the optimiser, and second models. */
export function standingMemory({ config, about, precision, strategy, critic, judge, traces }: RunOutline): Standing {
  const { trained: perTrained } = weightBytes(precision.precision);
  const { policy } = traces;
  const none = { bytes: 0, mapped: 0 };
  const parts: Standing[] = [
    { bytes: policy.trained * perTrained, mapped: 0 },
    config.adapter === undefined ? none : held(about, policy.weights, precision.precision),
    strategy === 'copy' ? held(about, policy.weights, precision.precision) : none,
    // the critic's weights are trained from a copy of the policy's, or are an adapter of their own
    critic === 'own' ? { bytes: policy.trained * perTrained, mapped: 0 } : none,
    judge === undefined ? none : held(judge, traces.judge.weights, precision.precision),
  ];
  return parts.reduce((sum, part) => ({ bytes: sum.bytes + part.bytes, mapped: sum.mapped + part.mapped }), none);
}

/** Frozen weights: mapped where they are stored as they are computed with, else converted into memory. */
function held({ storedAs }: ModelAbout, weights: number, precision: 'fp32' | 'bf16'): Standing {
  const size = weights * (precision === 'bf16' ? 2 : 4);
  return storedAs === (precision === 'bf16' ? 'BF16' : 'F32') ? { bytes: 0, mapped: size } : { bytes: size, mapped: 0 };
}
