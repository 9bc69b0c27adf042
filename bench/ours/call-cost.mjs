import { scope, zeros } from '../../dist/torch/index.js';

/** Microseconds that one call of `add` on one element takes, the free of its result included. */
export function measureCallCost(calls = 200_000) {
  return scope(() => {
    const one = zeros([1]);
    for (let i = 0; i < 20_000; i++) one.add(1).dispose();
    const begun = performance.now();
    for (let i = 0; i < calls; i++) one.add(1).dispose();
    return ((performance.now() - begun) * 1000) / calls;
  });
}
