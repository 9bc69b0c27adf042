import type { Parameter } from './parameter.js';

/** How a parameter that no checkpoint holds starts: normal draws of the model's own spread, zeros or ones. */
export type Initial = 'normal' | 'zeros' | 'ones';

/** Where a model's parameters come from while it is built: a checkpoint, or random numbers. */
export interface ParameterSource {
  /** @throws OrpoError `model` when the parameter is missing or of another shape. */
  take(name: string, shape: readonly number[], initial: Initial): Parameter;
}
