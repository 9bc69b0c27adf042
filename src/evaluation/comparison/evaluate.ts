import { compare } from './compare.js';
import type { CompareConfigInput } from './config.js';
import type { CompareEvent, CompareOptions } from './events.js';

/** A comparison's settings with one system alone. */
export interface EvaluateConfigInput extends Omit<CompareConfigInput, 'systems' | 'against'> {
  readonly system: CompareConfigInput['systems'][number];
}

/**
 * Measures one system: held-out pairs, rewards, diversity and cost, and its win rate over `reference`, a file of
 * answers, where there is one. The same engine and the same cache as `compare`.
 *
 * @throws OrpoError as `compare` does
 */
export function evaluate(
  { system, ...config }: EvaluateConfigInput,
  options: CompareOptions = {},
): AsyncGenerator<CompareEvent, void> {
  return compare({ ...config, systems: [system] }, options);
}
