import { type Binding, loadBinding } from './binding.js';
import { readyEngine } from './engine/ensure-engine.js';
import { keepFewKernels } from './engine/kernel-caches.js';
import { waitPolitely } from './engine/thread-pool.js';
import { watchScopes } from './scope.js';

let loaded: Binding | undefined;

/**
 * The native addon, loaded at the first use.
 *
 * @throws OrpoError `engine` when libtorch or the compiled addon is missing.
 */
export function addon(): Binding {
  if (loaded === undefined) {
    const { addon: path } = readyEngine();
    waitPolitely();
    keepFewKernels();
    const native = loadBinding(path);
    watchScopes((open) => native.scoped(open));
    loaded = native;
  }
  return loaded;
}
