import { noGrad, scope } from '../torch/index.js';
import type { LoraSet } from './lora-set.js';

/**
 * Adds each adapter's update to the weight it belongs to, in float32, rounded once to the weight's dtype; then takes the
 * adapters off. The set keeps its own weights: dispose of it when they are no longer needed.
 */
export function mergeLora(set: LoraSet): void {
  for (const adapter of set.adapters) {
    const { weight } = adapter.linear;
    scope(() =>
      noGrad(() => {
        const merged = adapter.delta().add_(weight.wide());
        if (weight.trained) weight.restore(merged);
        else weight.replace(merged.toDtype(weight.value.dtype));
      }),
    );
  }
  set.detach();
}
