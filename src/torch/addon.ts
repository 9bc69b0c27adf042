import { type Binding, loadBinding } from './binding.js';
import { readyEngine } from './engine/ensure-engine.js';

let loaded: Binding | undefined;

/**
 * The native addon, loaded at the first use.
 *
 * @throws OrpoError `engine` when libtorch or the compiled addon is missing.
 */
export function addon(): Binding {
  loaded ??= loadBinding(readyEngine().addon);
  return loaded;
}
