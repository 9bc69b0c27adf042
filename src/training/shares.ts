import type { Contribution } from '../objectives/objective.js';
import { cat, noGrad, scope, sent, stack, type Tensor, toNumbers } from '../torch/index.js';

/** What a micro-batch adds to the metrics of its step, where it was computed. */
export interface Share {
  readonly names: readonly string[];
  /** `[names]` float64. */
  readonly values: Tensor;
}

/** Takes the metrics of a micro-batch out of its loss; nothing is waited for. */
export function shareOf(metrics: Contribution['metrics']): Share {
  const values = Object.values(metrics);
  return {
    names: Object.keys(metrics),
    values: scope(() => noGrad(() => stack(values.map((value) => value.detach())).toDtype('float64'))),
  };
}

/** The sums of all shares, and `norm []` as a number: one copy, the only time a step waits for the device. */
export function readShares(
  shares: readonly Share[],
  norm: Tensor,
): { readonly metrics: Record<string, number>; readonly norm: number } {
  const rows = shares.map(({ values }) => values);
  const device = rows[0]?.device ?? norm.device;
  const [length = Number.NaN, ...numbers] = scope(() => toNumbers(cat([sent(norm, device).reshape([1]), ...rows])));
  return { metrics: summed(shares, numbers), norm: length };
}

/** In the order of the micro-batches. */
function summed(shares: readonly Share[], numbers: readonly number[]): Record<string, number> {
  const metrics: Record<string, number> = {};
  shares
    .flatMap(({ names }) => names)
    .forEach((name, at) => {
      metrics[name] = (metrics[name] ?? 0) + (numbers[at] ?? Number.NaN);
    });
  return metrics;
}
